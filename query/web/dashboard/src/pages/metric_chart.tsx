// The points of a metric, with a choice of range and period, zoom, and what is new as it comes.
import {useEffect, useMemo, useReducer, useRef, useState} from 'preact/hooks';

import {ApiError, target, type BucketValue, type MetricType} from '../api';
import {Chart, type Shape} from '../chart';
import {formatDateTime, formatDuration, plural} from '../format';
import type {Numeric} from '../json';
import {parseJson} from '../json';
import {openEvents} from '../live';
import {Empty, Failed, Loading, Panel} from '../parts';
import {
  countsFromZero,
  linesOf,
  merge,
  PERIODS,
  periodsFor,
  RANGES,
  readPoints,
  readTail,
  selectorOf,
  type Buckets,
  type Points,
  type Range,
  type Source,
} from '../points';

const HOUR_S = 3_600;
const MIN_SPAN_MS = 5_000;
const TAIL_MS = 1_000;
const METER_MS = 10_000;

const SHAPES: Record<MetricType, Shape> = {
  COUNTER: 'bars',
  EVENT: 'bars',
  GAUGE: 'steps',
  TIMER: 'lines',
  SET: 'bars',
  METER: 'lines',
};

const TITLES: Record<MetricType, string> = {
  COUNTER: 'Sum',
  EVENT: 'Sum',
  GAUGE: 'Last value',
  TIMER: 'Percentiles',
  SET: 'Distinct values',
  METER: 'Rates',
};

// What is looked at: the last so many seconds, all there is, or a range that was zoomed into.
type Look = {lastS: number} | {all: true} | {range: Range};

interface Props {
  source: Source;
  updated: number; // changes when the metric has
  count: Numeric;
  startMs: number;
  lastMs: number;
}

function rangeOf(look: Look, startMs: number): Range {
  const toMs = Date.now();
  if ('range' in look) return look.range;
  return 'all' in look
    ? {fromMs: Math.min(startMs, toMs - 60_000), toMs, all: true}
    : {fromMs: toMs - look.lastS * 1000, toMs};
}

function labelOf(seconds: number): string {
  return formatDuration(seconds * 1000);
}

export function MetricChart(props: Props) {
  const {source, startMs, lastMs} = props;
  const [look, setLook] = useState<Look>({lastS: HOUR_S});
  const [period, setPeriod] = useState(0); // 0: what suits the range
  const {points, error, loading, again} = usePoints(props, look, period);
  const fixed = 'range' in look;

  const zoom = (range: Range): void => {
    const toMs = Math.round(Math.min(range.toMs, Date.now()));
    setLook({range: {fromMs: Math.round(Math.min(range.fromMs, toMs - MIN_SPAN_MS)), toMs}});
  };
  const change = (scale: number, shift: number): void => {
    const {fromMs, toMs} = points?.range ?? rangeOf(look, startMs);
    const middle = (fromMs + toMs) / 2 + (toMs - fromMs) * shift;
    const half = Math.max(MIN_SPAN_MS, (toMs - fromMs) * scale) / 2;
    zoom({fromMs: middle - half, toMs: middle + half});
  };
  const names = useMemo(() => linesOf(source.type), [source.type]);
  const title =
    source.type === 'METER'
      ? 'Events per second'
      : `${TITLES[source.type]} per ${points === null ? 'period' : labelOf(points.periodS)}`;

  return (
    <Panel
      title={title}
      tools={
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" aria-label="Earlier" title="Earlier" onClick={() => change(1, -0.5)}>
            ←
          </button>
          <button type="button" aria-label="Later" title="Later" disabled={!fixed} onClick={() => change(1, 0.5)}>
            →
          </button>
          <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => change(0.5, 0)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => change(2, 0)}>
            −
          </button>
          <button type="button" disabled={!fixed} onClick={() => setLook({lastS: HOUR_S})}>
            Reset
          </button>
        </div>
      }
    >
      <div class="choices">
        <div class="segments" role="group" aria-label="Range">
          {RANGES.map((seconds) => (
            <button
              type="button"
              aria-pressed={'lastS' in look && look.lastS === seconds}
              onClick={() => setLook({lastS: seconds})}
            >
              {labelOf(seconds)}
            </button>
          ))}
          <button type="button" aria-pressed={'all' in look} onClick={() => setLook({all: true})}>
            All
          </button>
        </div>
        {source.type !== 'METER' && (
          <label class="inline">
            <span>Period</span>
            <select value={period} onChange={(event) => setPeriod(Number(event.currentTarget.value))}>
              <option value={0}>
                {points && period === 0 ? `Automatic (${labelOf(points.periodS)})` : 'Automatic'}
              </option>
              {PERIODS.map((seconds) => (
                <option value={seconds}>{labelOf(seconds)}</option>
              ))}
            </select>
          </label>
        )}
      </div>
      {error && <Failed error={error} again={again} />}
      {!error && points === null && <Loading what="points" />}
      {!error && points !== null && points.times.length === 0 && (
        <Empty title="No events in this range.">
          <p>The last one was on {formatDateTime(lastMs)}.</p>
          <button type="button" onClick={() => zoom({fromMs: lastMs - 3_600_000, toMs: lastMs + 60_000})}>
            Go there
          </button>
        </Empty>
      )}
      {!error && points !== null && points.times.length > 0 && (
        <div class={loading ? 'busy' : ''} aria-busy={loading}>
          <Chart points={points} names={names} shape={SHAPES[source.type]} title={title} onZoom={zoom} />
          {points.retainedFromMs !== null && (
            <p class="notice">Points of this period are kept from {formatDateTime(points.retainedFromMs)} on.</p>
          )}
        </div>
      )}
      <p class="hidden" role="status">
        {points && !loading ? plural(points.times.length, 'point') : ''}
      </p>
    </Panel>
  );
}

interface Shown {
  points: Points | null;
  error: ApiError | null;
  loading: boolean;
  again(): void;
}

function usePoints({source, updated, count, startMs}: Props, look: Look, period: number): Shown {
  const [points, setPoints] = useState<Points | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [loading, setLoading] = useState(true);
  const [round, again] = useReducer((n: number) => n + 1, 0);
  const fixed = 'range' in look;

  useEffect(() => {
    const abort = new AbortController();
    const range = rangeOf(look, startMs);
    setLoading(true);
    readPoints(source, range, period > 0 ? [period] : periodsFor(range), abort.signal).then(
      (read) => {
        setPoints(read);
        setError(null);
        setLoading(false);
      },
      (failure: unknown) => {
        if (abort.signal.aborted) return;
        setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
        setLoading(false);
      },
    );
    return () => abort.abort();
  }, [source.type, source.name, source.level, JSON.stringify(look), period, round]);

  const ready = points !== null && !loading && !fixed;
  useLivePoints(source, ready ? points.periodS : 0, setPoints);
  useTail(source, ready ? points.periodS : 0, `${updated} ${count}`, setPoints);
  useMovingRange(ready ? points : null, setPoints);
  useEffect(() => {
    if (source.type !== 'METER' || fixed) return;
    const timer = window.setInterval(() => !document.hidden && again(undefined), METER_MS);
    return () => window.clearInterval(timer);
  }, [source.type, fixed]);
  return {points, error, loading: loading && points === null, again: () => again(undefined)};
}

type SetPoints = (change: (points: Points | null) => Points | null) => void;

function mergeInto(setPoints: SetPoints, periodS: number, buckets: Buckets, fromZero = false): void {
  setPoints((points) => (points && points.periodS === periodS ? merge(points, buckets, fromZero) : points));
}

// Sums are told as they change.
function useLivePoints(source: Source, periodS: number, setPoints: SetPoints): void {
  const sums = source.type === 'COUNTER' || source.type === 'EVENT';
  useEffect(() => {
    if (!sums || periodS === 0) return;
    const parameters = {...selectorOf(source), key: undefined, metric: source.name, period: periodS};
    const stream = openEvents(target('/live', parameters), {
      onText: (text) => {
        const {values} = parseJson(text) as {values: BucketValue[]};
        mergeInto(
          setPoints,
          periodS,
          values.map((bucket) => ({time: bucket.from / 1000, values: [Number(bucket.value)]})),
          true,
        );
      },
    });
    return () => stream.close();
  }, [sums, source.name, source.level, periodS]);
}

// Of the other types the newest buckets are read when the record has changed.
function useTail(source: Source, periodS: number, version: string, setPoints: SetPoints): void {
  const newest = useRef(version);
  newest.current = version;
  useEffect(() => {
    if (periodS === 0 || !['GAUGE', 'TIMER', 'SET'].includes(source.type)) return;
    const abort = new AbortController();
    let seen = '';
    let busy = false;
    const follow = async (): Promise<void> => {
      if (busy || document.hidden || seen === newest.current) return;
      busy = true;
      const wanted = newest.current;
      try {
        const tail = await readTail(source, periodS, abort.signal);
        mergeInto(setPoints, periodS, tail, countsFromZero(source.type));
        seen = wanted;
      } catch {
        // The next turn tries again; until then it is no worse than old.
      }
      busy = false;
    };
    const timer = window.setInterval(() => void follow(), TAIL_MS);
    return () => {
      window.clearInterval(timer);
      abort.abort();
    };
  }, [source.type, source.name, source.level, periodS]);
}

// "The last hour" moves on with the time, in steps that can be seen.
function useMovingRange(points: Points | null, setPoints: SetPoints): void {
  const spanMs = points ? points.range.toMs - points.range.fromMs : 0;
  useEffect(() => {
    if (spanMs === 0) return;
    const timer = window.setInterval(
      () => {
        const toMs = Date.now();
        setPoints((old) => old && dropBefore({...old, range: {...old.range, fromMs: toMs - spanMs, toMs}}));
      },
      Math.max(1_000, spanMs / 600),
    );
    return () => window.clearInterval(timer);
  }, [spanMs]);
}

function dropBefore(points: Points): Points {
  if (points.range.all) return points;
  const begin = points.range.fromMs / 1000 - points.periodS;
  const first = points.times.findIndex((time) => time >= begin);
  if (first <= 0) return points;
  return {...points, times: points.times.slice(first), lines: points.lines.map((line) => line.slice(first))};
}
