// Defined metrics: their limits, their readings, and which of these are outside.
import {get, type Definition} from '../api';
import {Chart} from '../chart';
import {formatDateTime, formatNumber, NOTHING, plural} from '../format';
import {useAnswer} from '../hooks';
import type {Numeric} from '../json';
import {Empty, Failed, Loading, Name, PageHead, Panel, Tile} from '../parts';
import {fixed} from '../periods';
import type {Points} from '../points';
import {hrefOf} from '../routes';

const REFRESH_MS = 3_000;
const LIMIT = 500;

function outside(definition: Definition, reading: Numeric | null): boolean {
  return reading !== null && (reading < definition.min_reading || reading > definition.max_reading);
}

// The dialect writes UTC without saying so.
function timeOf(text: string): number {
  return Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
}

function State({definition}: {definition: Definition}) {
  if (!definition.active) return <span class="badge">Inactive</span>;
  if (outside(definition, definition.current_reading)) return <span class="badge bad">Outside its limits</span>;
  return definition.current_reading === null ? (
    <span class="badge">No reading yet</span>
  ) : (
    <span class="badge good">Within its limits</span>
  );
}

export function DefinitionsPage({code}: {code: string}) {
  return code === '' ? <DefinitionList /> : <DefinitionDetail code={code} />;
}

function DefinitionList() {
  const {answer, error, again} = useAnswer(
    (signal) => get<Definition[]>('/metric/', {limit: LIMIT}, signal),
    [],
    REFRESH_MS,
  );
  const list = answer?.value ?? [];
  const alerts = list.filter((one) => one.active && outside(one, one.current_reading)).length;
  return (
    <>
      <PageHead title="Definitions">
        <span class={`badge ${alerts > 0 ? 'bad' : ''}`} role="status">
          {plural(alerts, 'alert')}
        </span>
      </PageHead>
      {error && <Failed error={error} again={again} />}
      {!answer && !error && <Loading what="definitions" />}
      {answer && list.length === 0 && (
        <Empty title="No metric has been defined yet.">
          <pre>
            {'curl http://127.0.0.1:8000/metric/ -d \'{"code":"TEMPERATURE","name":"Cold store","max_reading":8}\''}
          </pre>
        </Empty>
      )}
      {list.length > 0 && (
        <table>
          <caption class="hidden">Defined metrics with their limits and readings</caption>
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col" class="wide">
                Name
              </th>
              <th scope="col" class="number">
                Reading
              </th>
              <th scope="col" class="number wide">
                Limits
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {list.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  <a href={hrefOf('definitions', {code: one.code})}>
                    <Name text={one.code} />
                  </a>
                </th>
                <td class="wide">
                  <Name text={one.name} />
                </td>
                <td class="number value">{formatNumber(one.current_reading)}</td>
                <td class="number wide muted">
                  {formatNumber(one.min_reading)} to {formatNumber(one.max_reading)}
                </td>
                <td>
                  <State definition={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {list.length >= LIMIT && <p class="muted">The first {LIMIT} are shown.</p>}
    </>
  );
}

function pointsOf(definition: Definition): Points {
  const readings = definition.meters ?? [];
  const times = readings.map((reading) => timeOf(reading.reading_at) / 1000);
  const first = times[0] ?? 0;
  const last = times[times.length - 1] ?? 0;
  const room = Math.max(30, (last - first) * 0.02);
  return {
    period: fixed(0),
    retainedFromMs: null,
    range: {fromMs: (first - room) * 1000, toMs: (last + room) * 1000},
    times,
    lines: [readings.map((reading) => Number(reading.reading))],
  };
}

function DefinitionDetail({code}: {code: string}) {
  const {answer, error, again} = useAnswer(
    (signal) => get<Definition>(`/metric/${encodeURIComponent(code)}`, {}, signal),
    [code],
    REFRESH_MS,
  );
  const back = <a href={hrefOf('definitions')}>Definitions</a>;
  if (!answer) {
    return (
      <>
        <PageHead title={code} above={back} />
        {error ? <Failed error={error} again={again} /> : <Loading what="the definition" />}
      </>
    );
  }
  const definition = answer.value;
  const readings = definition.meters ?? [];
  const alerts = readings.filter((reading) => outside(definition, reading.reading));
  // Limits that were never set are not drawn: they would flatten everything else.
  const limits = [definition.min_reading, definition.max_reading]
    .map(Number)
    .filter((limit) => Math.abs(limit) !== 9_999_999);
  return (
    <article>
      <PageHead
        title={definition.name}
        above={
          <>
            {back} <span aria-hidden="true">/</span> <Name text={definition.code} />
          </>
        }
      >
        <State definition={definition} />
      </PageHead>
      <dl class="tiles">
        <Tile
          label="Reading"
          value={formatNumber(definition.current_reading)}
          note={definition.current_reading_at ? formatDateTime(timeOf(definition.current_reading_at)) : 'none yet'}
          {...(outside(definition, definition.current_reading) ? {tone: 'bad' as const} : {})}
        />
        <Tile label="The one before" value={formatNumber(definition.last_reading)} />
        <Tile label="Lower limit" value={formatNumber(definition.min_reading)} />
        <Tile label="Upper limit" value={formatNumber(definition.max_reading)} />
        <Tile label="Truncated to" value={definition.truncate_reading_to ?? NOTHING} />
      </dl>
      <Panel title="Readings">
        {readings.length === 0 ? (
          <Empty title="No reading yet." />
        ) : (
          <Chart points={pointsOf(definition)} names={['reading']} shape="lines" title="Readings" limits={limits} />
        )}
      </Panel>
      <Panel title="Outside the limits">
        {alerts.length === 0 ? (
          <Empty title={`None of ${plural(readings.length, 'reading')}.`} />
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col" class="number">
                  Reading
                </th>
              </tr>
            </thead>
            <tbody>
              {alerts
                .slice(-20)
                .reverse()
                .map((reading) => (
                  <tr key={reading.reading_at}>
                    <th scope="row">{formatDateTime(timeOf(reading.reading_at))}</th>
                    <td class="number value">{formatNumber(reading.reading)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        )}
      </Panel>
    </article>
  );
}
