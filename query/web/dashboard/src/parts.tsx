// What several pages are made of.
import type {ComponentChildren} from 'preact';
import {useId} from 'preact/hooks';

import type {ApiError, MetricType, Position} from './api';
import {formatAge, formatDateTime, visible} from './format';

// Text of somebody else's: never markup, and it cannot hide or turn around.
export function Name({text}: {text: string}) {
  return <bdi>{visible(text)}</bdi>;
}

export function PageHead({
  title,
  above,
  beside,
  children,
}: {
  title: string;
  above?: ComponentChildren;
  beside?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <header class="page-head">
      <div>
        {above && <p class="above">{above}</p>}
        <div class="title">
          <h1 tabIndex={-1}>
            <Name text={title} />
          </h1>
          {beside}
        </div>
      </div>
      {children && <div class="page-tools">{children}</div>}
    </header>
  );
}

export function Panel({
  title,
  tools,
  children,
}: {
  title: string;
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  );
}

export function Loading({what}: {what: string}) {
  return (
    <p class="state" role="status">
      <span class="spinner" aria-hidden="true" />
      Loading {what}…
    </p>
  );
}

export function Empty({title, children}: {title: string; children?: ComponentChildren}) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

export function Failed({error, again}: {error: ApiError; again?: () => void}) {
  return (
    <div class="state failed" role="alert">
      <p class="state-title">{error.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

const TYPE_NAMES: Record<MetricType, string> = {
  COUNTER: 'Counter',
  GAUGE: 'Gauge',
  METER: 'Meter',
  TIMER: 'Timer',
  SET: 'Set',
  EVENT: 'Events',
};

export function typeName(type: MetricType): string {
  return TYPE_NAMES[type] ?? type;
}

export function TypeTag({type}: {type: MetricType}) {
  return <span class={`tag tag-${type.toLowerCase()}`}>{typeName(type)}</span>;
}

// A time by its age; the time itself on hover, and for machines.
export function Ago({ms, now}: {ms: number; now: number}) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={formatDateTime(ms)}>
      {formatAge(now - ms)}
    </time>
  );
}

export function Tile({
  label,
  value,
  note,
  tone,
}: {
  label: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: 'good' | 'warn' | 'bad';
}) {
  return (
    <div class={`tile ${tone ?? ''}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
      {note && <dd class="note">{note}</dd>}
    </div>
  );
}

// Says so when an answer is not of everything.
export function Coverage({position}: {position: Position | null}) {
  if (position === null || position.total === 0 || position.covered >= position.total) return null;
  return (
    <p class="notice warn" role="status">
      These numbers cover {position.covered} of {position.total} partitions: the others are being restored, or belong to
      another instance.
    </p>
  );
}

export function LiveMark({live, what = 'Live'}: {live: boolean; what?: string}) {
  return (
    <span class={`live ${live ? 'on' : ''}`} role="status">
      <span class="dot" aria-hidden="true" />
      {live ? what : 'Reconnecting…'}
    </span>
  );
}
