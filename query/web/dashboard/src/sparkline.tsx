// The last hour of a metric, a line as high as the text. Asked for once it is seen.
import {useEffect, useRef, useState} from 'preact/hooks';

import {get, type BucketValue, type TimerValue} from './api';
import {formatNumber} from './format';
import {countsFromZero, linesOf, readPoints, selectorOf, viewOf, type Source} from './points';
import type {Numeric} from './json';

const WIDTH = 120;
const HEIGHT = 28;
const HOUR_MS = 3_600_000;
const REFRESH_MS = 30_000;
const MAX_ASKING = 3;

// Few at a time, so that what the user does next need not wait for them.
const waiting: (() => void)[] = [];
let asking = 0;

export async function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  if (asking >= MAX_ASKING) await new Promise<void>((resolve) => waiting.push(resolve));
  ++asking;
  try {
    return await ask();
  } finally {
    --asking;
    waiting.shift()?.();
  }
}

// Sixty values, a minute each; null where there is none.
async function readHour(source: Source, signal: AbortSignal): Promise<(number | null)[]> {
  const end = Math.ceil(Date.now() / 60_000);
  const parameters = {...selectorOf(source), period: 60, from: (end - 60) * 60_000};
  const values = new Array<number | null>(60).fill(countsFromZero(source.type) ? 0 : null);
  const put = (from: number, value: Numeric | null): void => {
    const at = Math.floor(from / 60_000) - (end - 60);
    if (at >= 0 && at < 60) values[at] = value === null ? null : Number(value);
  };
  if (source.type === 'TIMER') {
    const {value} = await get<{values: TimerValue[]}>('/read', {...parameters, type: 'timer'}, signal);
    for (const bucket of value.values) put(bucket.from, bucket.p50);
  } else if (source.type === 'METER') {
    const range = {fromMs: Date.now() - HOUR_MS, toMs: Date.now()};
    const points = await readPoints(source, range, [], signal);
    return points.lines[0] ?? [];
  } else {
    const type = viewOf(source.type);
    const {value} = await get<{values: BucketValue[]}>('/read', {...parameters, type}, signal);
    for (const bucket of value.values) put(bucket.from, bucket.value);
  }
  return values;
}

function pathOf(values: (number | null)[]): string {
  const known = values.filter((value): value is number => value !== null);
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  let path = '';
  values.forEach((value, i) => {
    if (value === null) return;
    const x = (i / (values.length - 1)) * WIDTH;
    const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4);
    // One alone would not be seen.
    path +=
      known.length === 1
        ? `M${(x - 3).toFixed(1)} ${y.toFixed(1)}h6`
        : `${path === '' ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return path;
}

export function Sparkline({source, updated}: {source: Source; updated: number}) {
  const root = useRef<HTMLSpanElement>(null);
  const [values, setValues] = useState<(number | null)[] | null>(null);
  const newest = useRef(updated);
  newest.current = updated;

  useEffect(() => {
    const abort = new AbortController();
    let seen = false;
    let read = -1;
    const load = (): void => {
      if (!seen || document.hidden || read === newest.current) return;
      read = newest.current;
      inTurn(() => readHour(source, abort.signal)).then(setValues, () => {
        // A list without a line is still a list; the next turn tries again.
        read = -1;
      });
    };
    const observer = new IntersectionObserver(([entry]) => {
      seen = entry?.isIntersecting ?? false;
      load();
    });
    observer.observe(root.current!);
    const timer = window.setInterval(load, REFRESH_MS);
    return () => {
      abort.abort();
      observer.disconnect();
      window.clearInterval(timer);
    };
  }, [source.name, source.level, source.type]);

  const known = (values ?? []).filter((value): value is number => value !== null);
  const text =
    known.length === 0 || (values !== null && known.every((value) => value === 0))
      ? 'Nothing in the last hour'
      : `Last hour, ${linesOf(source.type)[0]}: ${formatNumber(Math.min(...known))} to ${formatNumber(Math.max(...known))}`;
  return (
    <span ref={root} class="spark">
      {values !== null && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={text}>
          <path d={pathOf(values)} />
        </svg>
      )}
    </span>
  );
}
