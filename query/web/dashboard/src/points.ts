// The points of a metric's chart: which period suits a range, and how each type is read.
import {
  ApiError,
  get,
  type Answer,
  type BucketValue,
  type MeterValue,
  type MetricType,
  type Parameters,
  type TimerValue,
} from './api';
import {DAY, fixed, type Period} from './periods';

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

// In seconds.
export const PERIODS = [1, 10, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR];
export const RANGES = [15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY];

const WANTED_POINTS = 400;
// Buckets without events are drawn as zeros up to so many points.
const MAX_FILLED = 20_000;
const EDGE_MS = 2_000;
const METER_MOMENTS = 60;

export interface Range {
  fromMs: number;
  toMs: number;
  // From the beginning on, whatever fromMs is.
  all?: boolean;
}

export interface Points {
  period: Period;
  range: Range; // that was asked for; of all, with the whole first bucket
  retainedFromMs: number | null;
  times: number[]; // seconds since 1970, ascending
  lines: (number | null)[][]; // one for each of linesOf(type)
}

export interface Source {
  type: MetricType;
  name: string;
  level: string;
}

export function linesOf(type: MetricType): string[] {
  switch (type) {
    case 'TIMER':
      return ['p50', 'p95', 'p99'];
    case 'METER':
      return ['1 min rate', '15 min rate'];
    case 'GAUGE':
      return ['value'];
    case 'SET':
      return ['distinct'];
    default:
      return ['sum'];
  }
}

// A bucket without events has a value all the same: none is 0.
export function countsFromZero(type: MetricType): boolean {
  return type === 'COUNTER' || type === 'EVENT' || type === 'SET';
}

export function selectorOf(source: Source): Parameters {
  return {key: source.name, 'label.level': source.level || undefined};
}

// For how long points of a period are there: with the default tiers, and a little less, as the end of it is coming.
function keptS(period: number): number {
  if (period >= HOUR) return Infinity;
  return period >= MINUTE ? 7 * DAY - HOUR : 55 * MINUTE;
}

// The finest period that gives no more points than a chart is wide, then coarser ones for when it is not retained.
export function periodsFor(range: Range): Period[] {
  const seconds = (range.toMs - range.fromMs) / 1000;
  const ageS = (Date.now() - range.fromMs) / 1000;
  const all = [...PERIODS, DAY];
  const fitting = all.filter((period) => seconds / period <= WANTED_POINTS && ageS < keptS(period));
  return (fitting.length > 0 ? fitting : [Math.ceil(seconds / WANTED_POINTS / DAY) * DAY]).map(fixed);
}

// Reads with the first of the periods that the server can answer.
export async function readPoints(
  source: Source,
  range: Range,
  periods: Period[],
  signal: AbortSignal,
): Promise<Points> {
  if (source.type === 'METER') return readMeter(source, range, signal);
  let refused: unknown;
  for (const period of periods) {
    try {
      return await readBuckets(source, range, period, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 400) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

async function readBuckets(source: Source, range: Range, period: Period, signal: AbortSignal): Promise<Points> {
  const periodMs = period.seconds * 1000;
  // Whole buckets, or the first one would show a part of its events as if that were all; and none that begins before
  // the range, as that may just not be retained any more. Where those of a calendar begin the server knows.
  const begin = period.zone ? range.fromMs : Math.ceil((range.fromMs + EDGE_MS) / periodMs) * periodMs;
  const from = range.all ? undefined : begin;
  const {value, position} = await ask(source, {...parametersOf(period), from, to: range.toMs}, signal);
  const whole = from === undefined ? value : value.filter((bucket) => bucket.time * 1000 >= from);
  const buckets = countsFromZero(source.type) ? fill(whole, period, range) : whole;
  // The first bucket begins before the first event.
  const beginMs = Math.min(range.fromMs, (buckets[0]?.time ?? Infinity) * 1000);
  return {
    period,
    range: range.all ? {...range, fromMs: beginMs} : range,
    retainedFromMs: position.retainedFromMs,
    times: buckets.map((bucket) => bucket.time),
    lines: linesOf(source.type).map((_, line) => buckets.map((bucket) => bucket.values[line] ?? null)),
  };
}

// The newest two buckets, or the last of them.
export async function readTail(source: Source, period: Period, signal: AbortSignal): Promise<Buckets> {
  const {seconds} = period;
  const now = Math.floor(Date.now() / 1000);
  // Where those of a calendar begin the server knows: at least two of them are whole.
  const begin = period.zone ? now - 3 * seconds : (Math.floor(now / seconds) - 1) * seconds;
  const buckets = (await ask(source, {...parametersOf(period), from: begin * 1000}, signal)).value;
  return buckets.filter((bucket) => bucket.time >= begin).slice(-2);
}

function parametersOf(period: Period): Parameters {
  return {period: period.ask, timezone: period.zone};
}

async function ask(source: Source, parameters: Parameters, signal: AbortSignal): Promise<Answer<Buckets>> {
  const all = {...selectorOf(source), ...parameters};
  if (source.type === 'TIMER') {
    const {value, position} = await get<{values: TimerValue[]}>('/read', {...all, type: 'timer'}, signal);
    return {value: value.values.map((t) => ({time: t.from / 1000, values: [t.p50, t.p95, t.p99]})), position};
  }
  const type = viewOf(source.type);
  const {value, position} = await get<{values: BucketValue[]}>('/read', {...all, type}, signal);
  return {value: value.values.map((bucket) => ({time: bucket.from / 1000, values: [Number(bucket.value)]})), position};
}

// Of types with one value a bucket, what is asked for.
export function viewOf(type: MetricType): string {
  if (type === 'GAUGE') return 'gauge';
  return type === 'SET' ? 'set' : 'points';
}

export type Buckets = {time: number; values: (number | null)[]}[];

// A bucket without events counts 0, and the server leaves it out. (Those of a calendar are few, and show as gaps.)
function fill(buckets: Buckets, period: Period, range: Range): Buckets {
  const first = buckets[0];
  if (first === undefined || period.zone) return buckets;
  const periodS = period.seconds;
  const end = Math.floor(range.toMs / 1000 / periodS) * periodS;
  if ((end - first.time) / periodS > MAX_FILLED) return buckets;
  const filled: Buckets = [];
  let next = 0;
  for (let time = first.time; time <= end; time += periodS) {
    const bucket = buckets[next]?.time === time ? buckets[next++] : undefined;
    filled.push(bucket ?? {time, values: [0]});
  }
  return filled;
}

// A meter's rates are of a moment: they are asked for at some.
async function readMeter(source: Source, range: Range, signal: AbortSignal): Promise<Points> {
  const stepMs = (range.toMs - range.fromMs) / METER_MOMENTS;
  const moments = Array.from({length: METER_MOMENTS}, (_, i) => Math.round(range.fromMs + (i + 1) * stepMs));
  const rates: (MeterValue | undefined)[] = [];
  const readNext = async (): Promise<void> => {
    for (let i = rates.length; i < moments.length; i = rates.length) {
      rates.push(undefined);
      rates[i] = await readMeterAt(source, moments[i] ?? 0, signal);
    }
  };
  await Promise.all([readNext(), readNext(), readNext()]);
  return {
    period: fixed(stepMs / 1000),
    range,
    retainedFromMs: null,
    times: moments.map((ms) => ms / 1000),
    lines: [rates.map((rate) => rate?.m1_rate ?? null), rates.map((rate) => rate?.m15_rate ?? null)],
  };
}

async function readMeterAt(source: Source, toMs: number, signal: AbortSignal): Promise<MeterValue | undefined> {
  const parameters = {...selectorOf(source), type: 'meter', to: toMs};
  return (await get<{values: MeterValue[]}>('/read', parameters, signal)).value.values[0];
}

// Puts buckets that have changed, or are new, in their places. Nothing is taken out. What counts from zero has no
// gaps: what lies between the last bucket and a new one is zero.
export function merge(points: Points, changes: Buckets, fromZero = false): Points {
  const times = [...points.times];
  const lines = points.lines.map((line) => [...line]);
  for (const change of changes) {
    const filled = fromZero && !points.period.zone;
    for (let last = times[times.length - 1]; filled && last !== undefined && times.length < MAX_FILLED; ) {
      last += points.period.seconds;
      if (last >= change.time) break;
      times.push(last);
      lines.forEach((line) => line.push(0));
    }
    let at = times.length;
    while (at > 0 && (times[at - 1] ?? 0) > change.time) --at;
    if (times[at - 1] === change.time) {
      lines.forEach((line, i) => (line[at - 1] = change.values[i] ?? null));
      continue;
    }
    times.splice(at, 0, change.time);
    lines.forEach((line, i) => line.splice(at, 0, change.values[i] ?? null));
  }
  return {...points, times, lines};
}
