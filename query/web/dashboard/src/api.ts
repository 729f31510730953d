// Asks the server that served the page, and no other.
import {parseJson, type Numeric} from './json';

export type MetricType = 'COUNTER' | 'GAUGE' | 'METER' | 'TIMER' | 'SET' | 'EVENT';

export interface MetricRecord {
  level?: string;
  name: string;
  type: MetricType;
  value: Numeric | null;
  startTime: number;
  updateTime: number;
  count: Numeric;
  meanRate?: number;
  min?: Numeric;
  max?: Numeric;
  mean?: number;
  sum?: Numeric;
}

export interface MeterValue {
  from: number;
  to: number;
  count: Numeric;
  mean_rate: number;
  m1_rate: number;
  m5_rate: number;
  m15_rate: number;
}

export interface TimerValue {
  from: number;
  to: number;
  count: Numeric;
  sum: Numeric;
  min: Numeric;
  max: Numeric;
  mean: number;
  p50: number | null;
  p75: number | null;
  p95: number | null;
  p99: number | null;
  p999: number | null;
}

export interface BucketValue {
  from: number;
  value: Numeric;
}

export interface Values<T> {
  name: string;
  values: T[];
}

export interface Counts {
  consumed: Numeric;
  applied: Numeric;
  duplicate: Numeric;
  late: Numeric;
  overflowed: Numeric;
  rejected: Numeric;
  rejected_by_reason: Record<string, Numeric>;
  balanced: boolean;
}

export interface PartitionCounts extends Counts {
  partition: number;
  next_offset: number;
  stream_time_ms: number | null;
  lag: number | null; // null while it is not known
}

export interface Partitions extends Counts {
  partitions_total: number;
  partitions: PartitionCounts[]; // those that are covered
  restoring: {partition: number; progress: number}[];
}

// A topic that the rules count.
export interface SourceCounts extends Partitions {
  topic: string;
  events: Numeric;
  without_events: Numeric;
  partitions: (PartitionCounts & {rules: {version: string; from_offset: number; from_ms: number}[]})[];
}

export interface Accounting extends Partitions {
  sources: SourceCounts[];
}

export interface Instances {
  instances: {address: string | null; host: string; topics: {topic: string; partitions: number[]}[]}[];
}

export interface Cardinality {
  tasks: {partition: number; series: number; overflowed: number}[];
  orgs: {org: string; series: number}[];
  names: {org: string; name: string; series: number}[];
  overflowing: {org: string; events: number}[];
}

export interface Definition {
  id: number;
  code: string;
  name: string;
  min_reading: Numeric;
  max_reading: Numeric;
  truncate_reading_to: string | null;
  active: boolean;
  current_reading: Numeric | null;
  current_reading_at: string | null;
  last_reading: Numeric | null;
  last_reading_at: string | null;
  meters?: {reading: Numeric; reading_at: string; recorded_at: string}[];
}

// What part of the log an answer reflects; from its headers.
export interface Position {
  ageMs: number | null;
  covered: number;
  total: number;
  retainedFromMs: number | null;
}

export interface Answer<T> {
  value: T;
  position: Position;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const session = {
  // Tokens are configured, and ours is good: each answer is of one org alone.
  recognised: false,
  onChange: (): void => {},
  onRefused: (_message: string): void => {},
};

export type Parameters = Record<string, string | number | undefined>;

export function target(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.append(name, String(value));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

function positionOf(headers: Headers): Position {
  const numberOf = (name: string): number | null => {
    const text = headers.get(name);
    return text === null ? null : Number(text);
  };
  const [covered, total] = (headers.get('x-odometer-partitions') ?? '0/0').split('/').map(Number);
  return {
    ageMs: numberOf('x-odometer-age-ms'),
    covered: covered ?? 0,
    total: total ?? 0,
    retainedFromMs: numberOf('x-odometer-retained-from-ms'),
  };
}

// What an error's body says, in whichever dialect it is.
function messageOf(status: number, text: string): string {
  try {
    const body = JSON.parse(text) as {error?: {message?: string}; detail?: unknown};
    if (typeof body.error?.message === 'string') return body.error.message;
    if (typeof body.detail === 'string') return body.detail;
  } catch {
    // Not JSON: the status has to do.
  }
  return `The server answered ${status}.`;
}

async function ask(address: string, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(address, {signal: signal ?? null, headers: {Accept: 'application/json'}});
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'The server cannot be reached.');
  }
}

export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const response = await ask(target(path, parameters), signal);
  const text = await response.text();
  if (!response.ok) {
    const message = messageOf(response.status, text);
    if (response.status === 403) session.onRefused(message);
    throw new ApiError(response.status, message);
  }
  // Only where tokens are configured.
  const recognised = response.headers.get('cache-control')?.includes('private') ?? false;
  if (recognised !== session.recognised) {
    session.recognised = recognised;
    session.onChange();
  }
  return {value: parseJson(text) as T, position: positionOf(response.headers)};
}

// The status of a probe, and what it says.
export async function probe(path: string, signal?: AbortSignal): Promise<{ok: boolean; reasons: string[]}> {
  const response = await ask(path, signal);
  const body = (await response.json().catch(() => ({}))) as {reasons?: string[]};
  return {ok: response.ok, reasons: body.reasons ?? []};
}

// What only some processes serve.
export async function sections(): Promise<{definitions: boolean}> {
  return (await (await ask('/dashboard/sections.json')).json()) as {definitions: boolean};
}

// Sends the token once: the answer sets a cookie that holds none. Whether the token may read.
export async function logIn(token: string): Promise<boolean> {
  const headers = {Accept: 'text/html'};
  const answer = await fetch(target('/', {'x-auth-token': token}), {
    headers,
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  if (!answer.ok) throw new ApiError(answer.status, messageOf(answer.status, ''));
  const read = await ask(target('/read', {key: 'odometer', type: 'counter'}));
  // A session that may not read is of no use here.
  if (!read.ok) await ask('/logout');
  return read.ok;
}
