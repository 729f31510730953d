// Events as they are posted: a chart of their numbers, and the events as text.
import {useEffect, useMemo, useReducer, useRef, useState} from 'preact/hooks';

import {target} from '../api';
import {Chart} from '../chart';
import {formatClock, formatNumber, plural} from '../format';
import {openEvents, openSocket} from '../live';
import {Empty, LiveMark, Name, PageHead, Panel} from '../parts';
import {fixed} from '../periods';
import type {Points} from '../points';
import {hrefOf} from '../routes';

const KEPT = 300;
const CHARTED = 1_000;
const SHOW_MS = 250;
const WINDOW_MS = 120_000;
const SHORTEST_MS = 20_000;

interface Line {
  number: number;
  atMs: number;
  text: string;
  gap: boolean;
}

// The number that an event tells, if it tells one.
function numberOf(text: string): number | null {
  try {
    const value = (JSON.parse(text) as {value?: unknown}).value;
    return typeof value === 'number' ? value : null;
  } catch {
    return null;
  }
}

class Stream {
  lines: Line[] = [];
  numbers: {time: number; value: number}[] = [];
  total = 0;

  add(text: string, gap = false): void {
    const atMs = Date.now();
    if (!gap) ++this.total;
    this.lines.push({number: this.total, atMs, text, gap});
    if (this.lines.length > 2 * KEPT) this.lines = this.lines.slice(-KEPT);
    const value = gap ? null : numberOf(text);
    if (value !== null) this.numbers.push({time: atMs / 1000, value});
    if (this.numbers.length > 2 * CHARTED) this.numbers = this.numbers.slice(-CHARTED);
  }
}

export function StreamPage({name}: {name: string}) {
  const [wanted, setWanted] = useState(name);
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState(false);
  const [cleared, clear] = useReducer((n: number) => n + 1, 0);
  const stream = useMemo(() => new Stream(), [name, cleared]);
  const [, show] = useReducer((n: number) => n + 1, 0);
  const newest = useRef(stream);
  newest.current = stream;

  useEffect(() => setWanted(name), [name]);
  useEffect(() => {
    const listener = {
      onOpen: () => setOpen(true),
      onLost: () => setOpen(false),
      onText: (text: string) => newest.current.add(text),
      onGap: (text: string) => newest.current.add(`Some events are no longer in the log: ${text}`, true),
    };
    const connection = name === '' ? openSocket('/v1/ws', listener) : openEvents(target('/live', {name}), listener);
    return () => connection.close();
  }, [name]);
  // However fast they come, it is read by people.
  useEffect(() => {
    if (paused) return;
    const timer = window.setInterval(() => show(undefined), SHOW_MS);
    return () => window.clearInterval(timer);
  }, [paused]);

  return (
    <>
      <PageHead title="Stream">
        <LiveMark live={open} what={paused ? 'Paused' : 'Live'} />
      </PageHead>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = hrefOf('stream', {name: wanted});
        }}
      >
        <label class="grow">
          <span>Name</span>
          <input
            type="text"
            value={wanted}
            placeholder="All raw events"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          Watch
        </button>
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" onClick={() => clear(undefined)}>
          Clear
        </button>
      </form>
      <StreamView stream={stream} name={name} paused={paused} />
    </>
  );
}

function StreamView({stream, name, paused}: {stream: Stream; name: string; paused: boolean}) {
  const frozen = useRef<{lines: Line[]; points: Points; total: number} | null>(null);
  const current = {lines: stream.lines.slice(-KEPT).reverse(), points: pointsOf(stream), total: stream.total};
  if (!paused || frozen.current === null) frozen.current = current;
  const {lines, points, total} = frozen.current;
  return (
    <>
      <Panel title="Values">
        {points.times.length === 0 ? (
          <Empty title="No number yet." />
        ) : (
          <Chart points={points} names={['value']} shape="lines" title="Values as they are posted" />
        )}
      </Panel>
      <Panel
        title="Events"
        tools={
          <span class="muted" role="status">
            {plural(total, 'event')} since you came
          </span>
        }
      >
        {lines.length === 0 ? (
          <Empty title={name === '' ? 'Waiting for the next raw event…' : 'Waiting for the next event of this name…'} />
        ) : (
          <ol class="events" tabIndex={0} aria-label="Events, the newest first" data-testid="events">
            {lines.map((line) => (
              <li key={`${line.number} ${line.gap}`} class={line.gap ? 'gap' : ''}>
                <time dateTime={new Date(line.atMs).toISOString()}>{formatClock(line.atMs)}</time>
                <code>
                  <Name text={line.text} />
                </code>
              </li>
            ))}
          </ol>
        )}
        {total > lines.length && lines.length > 0 && (
          <p class="muted">The last {formatNumber(lines.length)} are shown.</p>
        )}
      </Panel>
    </>
  );
}

function pointsOf(stream: Stream): Points {
  const toMs = Date.now();
  const shown = stream.numbers.slice(-CHARTED).filter((number) => number.time * 1000 >= toMs - WINDOW_MS);
  const span = Math.max(SHORTEST_MS, toMs - (shown[0]?.time ?? 0) * 1000);
  return {
    period: fixed(0),
    retainedFromMs: null,
    range: {fromMs: toMs - Math.min(span, WINDOW_MS), toMs},
    times: shown.map((number) => number.time),
    lines: [shown.map((number) => number.value)],
  };
}
