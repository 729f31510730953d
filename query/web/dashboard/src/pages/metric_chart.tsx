// The points of a metric, with a choice of range and period, zoom, and what is new as it comes.
import {useEffect, useMemo, useReducer, useRef, useState} from 'preact/hooks';

import {ApiError, get, target, type BucketValue, type MetricType} from '../api';
import {Chart, type Shape} from '../chart';
import {formatDateTime, formatDuration, plural} from '../format';
import {useAnswer} from '../hooks';
import type {Numeric} from '../json';
import {parseJson} from '../json';
import {openEvents} from '../live';
import {Empty, Failed, Loading, Panel} from '../parts';
import {calendars, fixed, keyOf, labelOf, longLabelOf, tickOf, type Gauge, type Period} from '../periods';
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
// Who chooses a period wants to see some of them; more of those that are not on the clock.
const FEW_PERIODS = 3;
const FEW_DAYS = 8;
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

export function MetricChart(props: Props) {
  const {source, startMs, lastMs} = props;
  const [look, setLook] = useState<Look>({lastS: HOUR_S});
  const [period, setPeriod] = useState<Period | null>(null); // null: what suits the range
  const {points, error, loading, again} = usePoints(props, look, period);
  const still = 'range' in look;

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
  const choose = (chosen: Period | null): void => {
    setPeriod(chosen);
    const {fromMs, toMs} = points?.range ?? rangeOf(look, startMs);
    const wantedS = (chosen?.seconds ?? 0) * (chosen?.zone ? FEW_DAYS : FEW_PERIODS);
    if ('all' in look || (toMs - fromMs) / 1000 >= wantedS) return;
    const lastS = RANGES.find((seconds) => seconds >= wantedS);
    setLook(lastS === undefined ? {all: true} : {lastS});
  };
  const names = useMemo(() => linesOf(source.type), [source.type]);
  const title =
    source.type === 'METER'
      ? 'Events per second'
      : `${TITLES[source.type]} per ${points === null ? 'period' : longLabelOf(points.period)}`;

  return (
    <Panel
      title={title}
      tools={
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" aria-label="Earlier" title="Earlier" onClick={() => change(1, -0.5)}>
            ←
          </button>
          <button type="button" aria-label="Later" title="Later" disabled={!still} onClick={() => change(1, 0.5)}>
            →
          </button>
          <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => change(0.5, 0)}>
            +
          </button>
          <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => change(2, 0)}>
            −
          </button>
          <button type="button" disabled={!still} onClick={() => setLook({lastS: HOUR_S})}>
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
              {formatDuration(seconds * 1000)}
            </button>
          ))}
          <button type="button" aria-pressed={'all' in look} onClick={() => setLook({all: true})}>
            All
          </button>
        </div>
        {source.type !== 'METER' && (
          <PeriodChoice
            name={source.name}
            chosen={period}
            automatic={points !== null && period === null ? points.period : null}
            choose={choose}
          />
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

interface PeriodChoiceProps {
  name: string;
  chosen: Period | null;
  automatic: Period | null; // what is shown where none is chosen
  choose(period: Period | null): void;
}

// Seconds to hours; the calendar's; and where the rules have a gauge of that name, its tick.
function PeriodChoice({name, chosen, automatic, choose}: PeriodChoiceProps) {
  // Without rules there are none, and an error here is none of the chart's.
  const {answer} = useAnswer((signal) => get<Gauge[]>('/gauges', {}, signal), [name]);
  const gauge = answer?.value.find((one) => one.name === name);
  const tick = gauge ? tickOf(gauge) : null;
  const groups = [
    ...(tick ? [{label: 'Tick of the gauge', periods: [tick]}] : []),
    {label: 'Of a fixed length', periods: PERIODS.map(fixed)},
    ...calendars().map(({zone, periods}) => ({label: `Calendar, ${zone}`, periods})),
  ];
  const known = new Map(groups.flatMap(({periods}) => periods.map((period) => [keyOf(period), period] as const)));
  return (
    <label class="inline">
      <span>Period</span>
      <select
        value={chosen === null ? '' : keyOf(chosen)}
        onChange={(event) => choose(known.get(event.currentTarget.value) ?? null)}
      >
        <option value="">{automatic ? `Automatic (${labelOf(automatic)})` : 'Automatic'}</option>
        {groups.map(({label, periods}) => (
          <optgroup label={label}>
            {periods.map((period) => (
              <option value={keyOf(period)}>{period === tick ? longLabelOf(period) : labelOf(period)}</option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

interface Shown {
  points: Points | null;
  error: ApiError | null;
  loading: boolean;
  again(): void;
}

function usePoints({source, updated, count, startMs}: Props, look: Look, period: Period | null): Shown {
  const [points, setPoints] = useState<Points | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [loading, setLoading] = useState(true);
  const [round, again] = useReducer((n: number) => n + 1, 0);
  const still = 'range' in look;

  useEffect(() => {
    const abort = new AbortController();
    const range = rangeOf(look, startMs);
    setLoading(true);
    readPoints(source, range, period ? [period] : periodsFor(range), abort.signal).then(
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
  }, [source.type, source.name, source.level, JSON.stringify(look), period && keyOf(period), round]);

  const ready = points !== null && !loading && !still;
  useLivePoints(source, ready ? points.period : null, setPoints);
  useTail(source, ready ? points.period : null, `${updated} ${count}`, setPoints);
  useMovingRange(ready ? points : null, setPoints);
  useEffect(() => {
    if (source.type !== 'METER' || still) return;
    const timer = window.setInterval(() => !document.hidden && again(undefined), METER_MS);
    return () => window.clearInterval(timer);
  }, [source.type, still]);
  return {points, error, loading: loading && points === null, again: () => again(undefined)};
}

type SetPoints = (change: (points: Points | null) => Points | null) => void;

function mergeInto(setPoints: SetPoints, period: Period, buckets: Buckets, fromZero = false): void {
  setPoints((points) =>
    points && keyOf(points.period) === keyOf(period) ? merge(points, buckets, fromZero) : points,
  );
}

// Sums are told as they change.
function useLivePoints(source: Source, period: Period | null, setPoints: SetPoints): void {
  const sums = source.type === 'COUNTER' || source.type === 'EVENT';
  useEffect(() => {
    if (!sums || period === null) return;
    const bucket = {period: period.ask, timezone: period.zone};
    const parameters = {...selectorOf(source), key: undefined, metric: source.name, ...bucket};
    const stream = openEvents(target('/live', parameters), {
      onText: (text) => {
        const {values} = parseJson(text) as {values: BucketValue[]};
        mergeInto(
          setPoints,
          period,
          values.map((bucket) => ({time: bucket.from / 1000, values: [Number(bucket.value)]})),
          true,
        );
      },
    });
    return () => stream.close();
  }, [sums, source.name, source.level, period && keyOf(period)]);
}

// Of the other types the newest buckets are read when the record has changed.
function useTail(source: Source, period: Period | null, version: string, setPoints: SetPoints): void {
  const newest = useRef(version);
  newest.current = version;
  useEffect(() => {
    if (period === null || !['GAUGE', 'TIMER', 'SET'].includes(source.type)) return;
    const abort = new AbortController();
    let seen = '';
    let busy = false;
    const follow = async (): Promise<void> => {
      if (busy || document.hidden || seen === newest.current) return;
      busy = true;
      const wanted = newest.current;
      try {
        const tail = await readTail(source, period, abort.signal);
        mergeInto(setPoints, period, tail, countsFromZero(source.type));
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
  }, [source.type, source.name, source.level, period && keyOf(period)]);
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
  const begin = points.range.fromMs / 1000 - points.period.seconds;
  const first = points.times.findIndex((time) => time >= begin);
  if (first <= 0) return points;
  return {...points, times: points.times.slice(first), lines: points.lines.map((line) => line.slice(first))};
}
