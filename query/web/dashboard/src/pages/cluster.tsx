// Whether all is well: instances, partitions, lag, what became of every record, and who has the most series.
import {
  get,
  probe,
  type Accounting,
  type Answer,
  type Cardinality,
  type Counts,
  type Instances,
  type PartitionCounts,
  type Partitions,
  type SourceCounts,
} from '../api';
import {formatDuration, formatNumber, NOTHING, plural, visible} from '../format';
import {useAnswer, useNow} from '../hooks';
import {Ago, Coverage, Empty, Failed, LiveMark, Loading, Name, PageHead, Panel, Tile} from '../parts';

const REFRESH_MS = 2_000;
const INSTANCES_MS = 10_000;
const CARDINALITY_MS = 60_000;

async function readState(
  signal: AbortSignal,
): Promise<Answer<{accounting: Accounting; ready: {ok: boolean; reasons: string[]}; healthy: boolean}>> {
  const [accounting, ready, health] = await Promise.all([
    get<Accounting>('/api/v1/accounting', {}, signal),
    probe('/readyz', signal),
    probe('/health', signal),
  ]);
  return {value: {accounting: accounting.value, ready, healthy: health.ok}, position: accounting.position};
}

export function ClusterPage() {
  const {answer, error, again} = useAnswer(readState, [], REFRESH_MS);
  return (
    <>
      <PageHead title="Cluster">
        <LiveMark live={!error} />
      </PageHead>
      {error && <Failed error={error} again={again} />}
      {!answer && !error && <Loading what="the state" />}
      {answer && <State answer={answer} />}
      <InstancesPanel />
      <Series />
    </>
  );
}

function lagOf(partitions: PartitionCounts[]): number | null {
  const known = partitions.map((one) => one.lag).filter((lag): lag is number => typeof lag === 'number');
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

function State({answer}: {answer: Awaited<ReturnType<typeof readState>>}) {
  const {accounting, ready, healthy} = answer.value;
  const {position} = answer;
  const complete = position.covered >= position.total;
  const {sources} = accounting;
  const lag = lagOf([accounting, ...sources].flatMap(({partitions}) => partitions));
  const missing = [...missingOf(accounting), ...sources.flatMap((one) => missingOf(one).map((p) => `${one.topic}/${p}`))];
  const balanced = accounting.balanced && sources.every((source) => source.balanced);
  return (
    <>
      <Coverage position={position} />
      {ready.reasons.map((reason) => (
        <p class="notice warn" role="status">
          Not ready: {reason}
        </p>
      ))}
      <dl class="tiles">
        <Tile
          label="State"
          value={healthy && ready.ok ? 'Healthy' : ready.ok ? 'Behind' : 'Not ready'}
          tone={healthy && ready.ok ? 'good' : 'bad'}
        />
        <Tile
          label="Partitions"
          value={`${position.covered} of ${position.total}`}
          tone={complete ? 'good' : 'warn'}
          note={complete ? 'all are covered' : `without ${missing.join(', ')}`}
        />
        <Tile label="Lag" value={formatNumber(lag)} note={lag === null ? 'not known' : 'records not counted yet'} />
        <Tile
          label="Age"
          value={position.ageMs === null ? NOTHING : formatDuration(position.ageMs)}
          note="of the oldest partition"
        />
        <Tile
          label="Consumed"
          value={formatNumber(accounting.consumed)}
          note={sources.length > 0 ? 'records of the input topic' : 'records'}
        />
        <Tile
          label="Accounting"
          value={balanced ? 'Balanced' : 'Not balanced'}
          tone={balanced ? 'good' : 'bad'}
          note="each record has one fate"
        />
      </dl>
      <Panel title="What became of every record">
        <Fates accounting={accounting} />
      </Panel>
      <PartitionsPanel title="Partitions" of={accounting} />
      {sources.map((source) => (
        <Source key={source.topic} source={source} />
      ))}
    </>
  );
}

function missingOf({partitions, partitions_total: total}: Partitions): number[] {
  const covered = new Set(partitions.map((one) => one.partition));
  return Array.from({length: total}, (_, partition) => partition).filter((partition) => !covered.has(partition));
}

function PartitionsPanel({title, of, children}: {title: string; of: Partitions; children?: preact.ComponentChildren}) {
  return (
    <Panel title={title}>
      {children}
      {of.partitions.length === 0 && of.restoring.length === 0 ? (
        <Empty title="This instance covers no partition.">
          <p>They wait to be restored, or belong to another one.</p>
        </Empty>
      ) : (
        <PartitionTable title={title} of={of} />
      )}
    </Panel>
  );
}

// A topic that the rules count, and which version of them counts now.
function Source({source}: {source: SourceCounts}) {
  const versions = new Set(source.partitions.map(({rules}) => rules[rules.length - 1]?.version));
  versions.delete(undefined);
  return (
    <PartitionsPanel title={`Source ${visible(source.topic)}`} of={source}>
      <dl class="facts">
        <div>
          <dt>Records</dt>
          <dd>{formatNumber(source.consumed)}</dd>
        </div>
        <div>
          <dt>Events that the rules gave</dt>
          <dd>{formatNumber(source.events)}</dd>
        </div>
        <div>
          <dt>Records without events</dt>
          <dd>{formatNumber(source.without_events)}</dd>
        </div>
        <div>
          <dt>Version of the rules</dt>
          <dd>{[...versions].join(', ') || NOTHING}</dd>
        </div>
      </dl>
    </PartitionsPanel>
  );
}

function Fates({accounting}: {accounting: Counts}) {
  const fates = [
    {name: 'Applied', count: accounting.applied},
    {name: 'Duplicate', count: accounting.duplicate},
    {name: 'Late', count: accounting.late},
    {name: 'Overflowed', count: accounting.overflowed},
    {name: 'Rejected', count: accounting.rejected},
  ];
  const reasons = Object.entries(accounting.rejected_by_reason);
  const total = Number(accounting.consumed) || 1;
  return (
    <table class="fates">
      <thead>
        <tr>
          <th scope="col">Fate</th>
          <th scope="col" class="number">
            Records
          </th>
          <th scope="col" class="number">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {fates.map(({name, count}) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number value">{formatNumber(count)}</td>
            <td class="number">
              <Bar share={Number(count) / total} />
              <span class="share">{((100 * Number(count)) / total).toFixed(1)} %</span>
            </td>
          </tr>
        ))}
        {reasons.map(([reason, count]) => (
          <tr key={reason} class="sub">
            <th scope="row">Rejected: {reason.replaceAll('_', ' ')}</th>
            <td class="number value">{formatNumber(count)}</td>
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// As text it stands beside it.
function Bar({share}: {share: number}) {
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect width="100" height="8" />
      <rect class="filled" width={share > 0 ? Math.max(1.5, 100 * share) : 0} height="8" />
    </svg>
  );
}

function PartitionTable({title, of}: {title: string; of: Partitions}) {
  const now = useNow(1_000);
  const progress = new Map(of.restoring.map((one) => [one.partition, one.progress]));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={title}>
      <table>
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col" class="number">
              Lag
            </th>
            <th scope="col" class="number">
              Next offset
            </th>
            <th scope="col" class="number">
              Consumed
            </th>
            <th scope="col" class="number">
              Late
            </th>
            <th scope="col" class="number">
              Rejected
            </th>
            <th scope="col" class="number">
              Stream time
            </th>
            <th scope="col">Accounting</th>
          </tr>
        </thead>
        <tbody>
          {of.partitions.map((one) => (
            <tr key={one.partition}>
              <th scope="row">{one.partition}</th>
              <td class="number value">{formatNumber(one.lag)}</td>
              <td class="number">{formatNumber(one.next_offset)}</td>
              <td class="number">{formatNumber(one.consumed)}</td>
              <td class="number">{formatNumber(one.late)}</td>
              <td class="number">{formatNumber(one.rejected)}</td>
              <td class="number muted">
                {one.stream_time_ms === null ? NOTHING : <Ago ms={one.stream_time_ms} now={now} />}
              </td>
              <td>
                {one.balanced ? <span class="badge good">Balanced</span> : <span class="badge bad">Not balanced</span>}
              </td>
            </tr>
          ))}
          {missingOf(of).map((partition) => (
            <tr key={partition}>
              <th scope="row">{partition}</th>
              <td colSpan={7} class="muted">
                {progress.has(partition) ? (
                  <>
                    being restored <Bar share={progress.get(partition) ?? 0} />{' '}
                    <span class="share">{Math.floor(100 * (progress.get(partition) ?? 0))} %</span>
                  </>
                ) : (
                  'not covered by this instance'
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function InstancesPanel() {
  const {answer, error, again} = useAnswer(
    (signal) => get<Instances>('/api/v1/instances', {}, signal),
    [],
    INSTANCES_MS,
  );
  if (error) return <Failed error={error} again={again} />;
  if (!answer) return null;
  const {instances} = answer.value;
  return (
    <Panel title="Instances">
      {instances.length === 0 ? (
        <Empty title="No processor counts." />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Instances">
          <table>
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Host</th>
                <th scope="col">Partitions</th>
              </tr>
            </thead>
            <tbody>
              {instances.map(({address, host, topics}) => (
                <tr key={`${address} ${host}`}>
                  <th scope="row">{address === null ? NOTHING : visible(address)}</th>
                  <td>{visible(host)}</td>
                  <td>
                    {topics.length === 0
                      ? NOTHING
                      : topics.map(({topic, partitions}) => `${visible(topic)} ${partitions.join(', ')}`).join('; ')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Series() {
  const {answer, error, again} = useAnswer(
    (signal) => get<Cardinality>('/api/v1/status/cardinality', {limit: 10}, signal),
    [],
    CARDINALITY_MS,
  );
  if (error) return <Failed error={error} again={again} />;
  if (!answer) return null;
  const {names, orgs, tasks, overflowing} = answer.value;
  const total = tasks.reduce((sum, task) => sum + task.series, 0);
  return (
    <Panel title="Series" tools={<span class="muted">{formatNumber(total)} in all partitions</span>}>
      {overflowing.map((row) => (
        <p class="notice warn">
          The org <Name text={row.org} /> is past its limit: {plural(row.events, 'event')} went to its overflow series.
        </p>
      ))}
      {names.length === 0 ? (
        <Empty title="There are no series yet." />
      ) : (
        <table>
          <caption class="hidden">Names with the most series</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="wide">
                Org
              </th>
              <th scope="col" class="number">
                Series
              </th>
            </tr>
          </thead>
          <tbody>
            {names.map((row) => (
              <tr key={`${row.org} ${row.name}`}>
                <th scope="row">
                  <Name text={row.name} />
                </th>
                <td class="wide">
                  <Name text={row.org} />
                </td>
                <td class="number value">{formatNumber(row.series)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {orgs.length > 1 && <p class="muted">{plural(orgs.length, 'org')} in this list.</p>}
    </Panel>
  );
}
