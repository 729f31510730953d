// All metrics: search, what they are now, and their last hour.
import {useMemo, useState} from 'preact/hooks';

import {get, type MetricType} from '../api';
import {formatNumber, NOTHING, plural, visible} from '../format';
import {useAnswer, useNow, useRecords} from '../hooks';
import type {Numeric} from '../json';
import {Ago, Coverage, Empty, Failed, LiveMark, Loading, Name, PageHead, TypeTag, typeName} from '../parts';
import {qualifiedName, type Metric} from '../records';
import {hrefOf} from '../routes';
import {inTurn, Sparkline} from '../sparkline';

const PAGE = 100;
const EVENT_SUM_MS = 10_000;
const TYPES: MetricType[] = ['COUNTER', 'GAUGE', 'METER', 'TIMER', 'SET', 'EVENT'];

type Order = 'name' | 'updated' | 'count';

function orderBy(order: Order): (a: Metric, b: Metric) => number {
  const byName = (a: Metric, b: Metric): number =>
    (a.level ?? '').localeCompare(b.level ?? '') || a.name.localeCompare(b.name);
  const number = (metric: Metric): number => {
    if (!('count' in metric)) return -1;
    return order === 'updated' ? metric.updateTime : Number(metric.count);
  };
  return order === 'name' ? byName : (a, b) => number(b) - number(a) || byName(a, b);
}

function matches(metric: Metric, words: string[]): boolean {
  const text = `${metric.level ?? ''}.${metric.name}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function MetricsPage() {
  const records = useRecords();
  const [search, setSearch] = useState('');
  const [type, setType] = useState<MetricType | ''>('');
  const [order, setOrder] = useState<Order>('name');
  const [shown, setShown] = useState(PAGE);
  const now = useNow(5_000);

  const all = records.metrics();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter((metric) => (type === '' || metric.type === type) && matches(metric, words));
  const sorted = useMemo(() => found.sort(orderBy(order)), [found, order]);
  const types = TYPES.filter((one) => all.some((metric) => metric.type === one));

  return (
    <>
      <PageHead title="Metrics">
        <LiveMark live={records.live} />
      </PageHead>
      <Coverage position={records.position} />
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input
            type="search"
            value={search}
            placeholder="Part of a name"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              setShown(PAGE);
            }}
          />
        </label>
        <label>
          <span>Type</span>
          <select value={type} onChange={(event) => setType(event.currentTarget.value as MetricType | '')}>
            <option value="">All types</option>
            {types.map((one) => (
              <option value={one}>{typeName(one)}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Order</span>
          <select value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            <option value="name">By name</option>
            <option value="updated">Latest first</option>
            <option value="count">Most events first</option>
          </select>
        </label>
      </form>
      {records.state === 'failed' && records.error && (
        <Failed error={records.error} again={() => void records.load()} />
      )}
      {records.state === 'loading' && all.length === 0 && <Loading what="metrics" />}
      {records.state !== 'loading' && records.state !== 'failed' && all.length === 0 && <NoMetrics />}
      {all.length > 0 && (
        <p class="count" role="status">
          {found.length === all.length
            ? plural(all.length, 'metric')
            : `${formatNumber(found.length)} of ${plural(all.length, 'metric')}`}
        </p>
      )}
      {all.length > 0 && found.length === 0 && <Empty title="No metric has such a name." />}
      {found.length > 0 && <MetricTable metrics={sorted.slice(0, shown)} now={now} />}
      {found.length > shown && (
        <p class="more">
          <button type="button" onClick={() => setShown(shown + PAGE)}>
            Show {PAGE} more
          </button>
        </p>
      )}
    </>
  );
}

function NoMetrics() {
  return (
    <Empty title="Nothing has been counted yet.">
      <p>Send an event to the topic, or over HTTP, and it appears here:</p>
      <pre>curl 'http://127.0.0.1:8000/track?key=orders'</pre>
    </Empty>
  );
}

// On a phone its rows are laid out anew, so it says by roles that it is still a table.
function MetricTable({metrics, now}: {metrics: Metric[]; now: number}) {
  return (
    <table class="metrics" role="table">
      <caption class="hidden">Metrics, their type, last hour and value</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="wide">
            Type
          </th>
          <th scope="col">Last hour</th>
          <th scope="col" class="number">
            Value
          </th>
          <th scope="col" class="number wide">
            Events
          </th>
          <th scope="col" class="number late">
            Last event
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {metrics.map((metric) => (
          <MetricRow key={`${metric.type} ${metric.level ?? ''} ${metric.name}`} metric={metric} now={now} />
        ))}
      </tbody>
    </table>
  );
}

// The list does not tell what raw events add up to.
function EventSum({name}: {name: string}) {
  const {answer} = useAnswer(
    (signal) => inTurn(() => get<{values: {value: Numeric}[]}>('/read', {key: name, type: 'counter'}, signal)),
    [name],
    EVENT_SUM_MS,
  );
  return <>{formatNumber(answer?.value.values[0]?.value)}</>;
}

function MetricRow({metric, now}: {metric: Metric; now: number}) {
  const known = 'count' in metric ? metric : null;
  const href = hrefOf('metric', {name: metric.name, level: metric.level, type: metric.type});
  const source = {type: metric.type, name: metric.name, level: metric.level ?? ''};
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <a href={href} title={visible(qualifiedName(metric))}>
          {metric.level && (
            <span class="level">
              <Name text={metric.level} />.
            </span>
          )}
          <Name text={metric.name} />
        </a>
      </th>
      <td class="wide" role="cell">
        <TypeTag type={metric.type} />
      </td>
      <td class="spark-cell" role="cell">
        <Sparkline source={source} updated={known?.updateTime ?? now} />
      </td>
      <td class="number value" role="cell">
        {known ? formatNumber(known.value) : <EventSum name={metric.name} />}
      </td>
      <td class="number wide" role="cell">
        {formatNumber(known?.count)}
      </td>
      <td class="number late muted" role="cell">
        {known ? <Ago ms={known.updateTime} now={now} /> : NOTHING}
      </td>
    </tr>
  );
}
