// JSON with all digits: whole numbers beyond 2^53, which a double would round, become a bigint where the browser tells
// how they were written.

export type Numeric = number | bigint;

const MAY_BE_LARGE = /\d{16}/;

export function parseJson(text: string): unknown {
  if (!MAY_BE_LARGE.test(text)) return JSON.parse(text);
  const revive = (_key: string, value: unknown, context?: {source?: string}): unknown => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}
