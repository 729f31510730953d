// One metric: its value now, what its type tells, and its points.
import {get, type MeterValue, type MetricRecord, type MetricType, type TimerValue} from '../api';
import {formatDateTime, formatNumber, plural} from '../format';
import {useAnswer, useNow, useRecords, useSpoken} from '../hooks';
import type {Numeric} from '../json';
import {Ago, Coverage, Empty, Failed, LiveMark, Loading, Name, PageHead, Panel, Tile, TypeTag} from '../parts';
import {selectorOf, type Source} from '../points';
import {hrefOf} from '../routes';
import {MetricChart} from './metric_chart';

const ASK_MS = 2_000;

export function MetricPage({name, level, type}: {name: string; level: string; type: string}) {
  const records = useRecords();
  const record = type === 'EVENT' ? undefined : records.find(name, level);
  const back = <a href={hrefOf('')}>Metrics</a>;
  if (type === 'EVENT') return <EventMetric name={name} back={back} />;
  if (record) return <RecordMetric record={record} live={records.live} back={back} />;
  return (
    <>
      <PageHead title={name} above={back} />
      {records.state === 'loading' && <Loading what="the metric" />}
      {records.state === 'failed' && records.error && (
        <Failed error={records.error} again={() => void records.load()} />
      )}
      {records.state === 'loaded' && (
        <Empty title="There is no metric of this name.">
          <p>It may have been forgotten.</p>
        </Empty>
      )}
    </>
  );
}

function Title({
  name,
  level,
  type,
  back,
}: {
  name: string;
  level: string;
  type: MetricType;
  back: preact.ComponentChildren;
}) {
  return (
    <PageHead
      title={name}
      beside={<TypeTag type={type} />}
      above={
        <>
          {back}
          {level && (
            <>
              {' '}
              <span aria-hidden="true">/</span> <Name text={level} />
            </>
          )}
        </>
      }
    />
  );
}

function Now({
  value,
  label,
  note,
  live,
}: {
  value: Numeric | null;
  label: string;
  note: preact.ComponentChildren;
  live: boolean;
}) {
  const text = formatNumber(value);
  // The number changes many times a second; who listens is told now and then.
  const spoken = useSpoken(`${label}: ${text}`);
  return (
    <section class="now" aria-label="Value now">
      <p class="now-label">
        {label} <LiveMark live={live} />
      </p>
      <p class="now-value" data-testid="value">
        {text}
      </p>
      <p class="now-note">{note}</p>
      <p class="hidden" role="status">
        {spoken}
      </p>
    </section>
  );
}

const VALUE_LABELS: Record<MetricType, string> = {
  COUNTER: 'Sum of all time',
  GAUGE: 'Last value',
  METER: 'Last value',
  TIMER: 'Last value',
  SET: 'Distinct values of all time',
  EVENT: 'Sum of all time',
};

function RecordMetric({record, live, back}: {record: MetricRecord; live: boolean; back: preact.ComponentChildren}) {
  const records = useRecords();
  const now = useNow(1_000);
  const source: Source = {type: record.type, name: record.name, level: record.level ?? ''};
  const levels = record.level ? [] : records.levelsOf(record.name);
  return (
    <article>
      <Title name={record.name} level={record.level ?? ''} type={record.type} back={back} />
      <Coverage position={records.position} />
      <Now
        value={record.value}
        label={VALUE_LABELS[record.type]}
        live={live}
        note={
          <>
            {plural(record.count, 'event')}, the last <Ago ms={record.updateTime} now={now} />
          </>
        }
      />
      {record.type === 'TIMER' && <Percentiles source={source} />}
      {record.type === 'METER' && <Rates source={source} />}
      {levels.length > 0 && (
        <p class="notice">
          What follows also counts the levels{' '}
          {levels.map((one, i) => (
            <>
              {i > 0 && ', '}
              <Name text={one} />
            </>
          ))}
          .
        </p>
      )}
      <MetricChart
        key={JSON.stringify(source)}
        source={source}
        updated={record.updateTime}
        count={record.count}
        startMs={record.startTime}
        lastMs={record.updateTime}
      />
      <dl class="facts">
        <div>
          <dt>First event</dt>
          <dd>{formatDateTime(record.startTime)}</dd>
        </div>
        <div>
          <dt>Last event</dt>
          <dd>{formatDateTime(record.updateTime)}</dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{formatNumber(record.count)}</dd>
        </div>
        <div>
          <dt>As they are posted</dt>
          <dd>
            <a href={hrefOf('stream', {name: record.name})}>Watch the stream</a>
          </dd>
        </div>
      </dl>
    </article>
  );
}

// Of raw events there is no record that tells when it changes: it is asked for.
function EventMetric({name, back}: {name: string; back: preact.ComponentChildren}) {
  const source: Source = {type: 'EVENT', name, level: ''};
  const now = useNow(1_000);
  const {answer, error, again} = useAnswer(
    (signal) =>
      get<{values: {from: number; to: number; value: Numeric}[]}>('/read', {key: name, type: 'counter'}, signal),
    [name],
    ASK_MS,
  );
  const total = answer?.value.values[0];
  return (
    <article>
      <Title name={name} level="" type="EVENT" back={back} />
      {error && <Failed error={error} again={again} />}
      {!answer && !error && <Loading what="the metric" />}
      {answer && !total && <Empty title="No event of this name has a number." />}
      {answer && total && (
        <>
          <Coverage position={answer.position} />
          <Now
            value={total.value}
            label={VALUE_LABELS.EVENT}
            live={!error}
            note={
              <>
                the last event <Ago ms={total.to} now={now} />
              </>
            }
          />
          <MetricChart
            key={name}
            source={source}
            updated={total.to}
            count={total.value}
            startMs={total.from}
            lastMs={total.to}
          />
          <p>
            <a href={hrefOf('stream', {name})}>Watch the events as they are posted</a>
          </p>
        </>
      )}
    </article>
  );
}

function Percentiles({source}: {source: Source}) {
  const {answer, error} = useAnswer(
    (signal) => get<{values: TimerValue[]}>('/read', {...selectorOf(source), type: 'timer'}, signal),
    [source.name, source.level],
    ASK_MS,
  );
  const timer = answer?.value.values[0];
  return (
    <Panel title="All time">
      {error && <Failed error={error} />}
      {timer && (
        <dl class="tiles">
          <Tile label="Median" value={formatNumber(timer.p50)} />
          <Tile label="p75" value={formatNumber(timer.p75)} />
          <Tile label="p95" value={formatNumber(timer.p95)} />
          <Tile label="p99" value={formatNumber(timer.p99)} />
          <Tile label="p99.9" value={formatNumber(timer.p999)} />
          <Tile label="Mean" value={formatNumber(timer.mean)} />
          <Tile label="Shortest" value={formatNumber(timer.min)} />
          <Tile label="Longest" value={formatNumber(timer.max)} />
        </dl>
      )}
    </Panel>
  );
}

function Rates({source}: {source: Source}) {
  const {answer, error} = useAnswer(
    (signal) => get<{values: MeterValue[]}>('/read', {...selectorOf(source), type: 'meter'}, signal),
    [source.name, source.level],
    ASK_MS,
  );
  const meter = answer?.value.values[0];
  return (
    <Panel title="Events per second">
      {error && <Failed error={error} />}
      {meter && (
        <dl class="tiles">
          <Tile label="1 minute" value={formatNumber(meter.m1_rate)} />
          <Tile label="5 minutes" value={formatNumber(meter.m5_rate)} />
          <Tile label="15 minutes" value={formatNumber(meter.m15_rate)} />
          <Tile label="All time" value={formatNumber(meter.mean_rate)} />
        </dl>
      )}
    </Panel>
  );
}
