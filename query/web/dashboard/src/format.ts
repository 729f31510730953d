// Numbers and times as people read them, in the language of the browser.
import type {Numeric} from './json';

const whole = new Intl.NumberFormat(undefined, {maximumFractionDigits: 0});
const fine = new Intl.NumberFormat(undefined, {maximumSignificantDigits: 5});
const coarse = new Intl.NumberFormat(undefined, {maximumFractionDigits: 2});
const compact = new Intl.NumberFormat(undefined, {notation: 'compact', maximumSignificantDigits: 3});
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const clockMinutes = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'});
const day = new Intl.DateTimeFormat(undefined, {month: 'short', day: 'numeric'});
const month = new Intl.DateTimeFormat(undefined, {month: 'short', year: 'numeric'});
const dateTime = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

export const NOTHING = '–';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Whole numbers with all digits, fractions with five significant ones.
export function formatNumber(value: Numeric | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'bigint' || Number.isInteger(value)) return whole.format(value);
  return (Math.abs(value) < 1_000 ? fine : coarse).format(value);
}

// At most three digits and a unit: for axes.
export function formatCompact(value: number): string {
  return compact.format(value);
}

export function formatDateTime(ms: number): string {
  return dateTime.format(ms);
}

// The day in that zone.
export function formatDate(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, {year: 'numeric', month: 'short', day: 'numeric', timeZone}).format(ms);
}

export function formatClock(ms: number): string {
  return clock.format(ms);
}

export function formatAge(ms: number): string {
  if (ms < 2 * SECOND) return 'just now';
  return `${formatDuration(ms)} ago`;
}

// The largest unit alone: an age is read, not computed with.
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${whole.format(Math.floor(ms / DAY))} days`;
}

// A tick of a time axis whose ticks are `stepMs` apart.
export function formatTick(ms: number, stepMs: number): string {
  const date = new Date(ms);
  if (stepMs >= 28 * DAY) return month.format(date);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (stepMs >= DAY || midnight) return day.format(date);
  return stepMs >= MINUTE ? clockMinutes.format(date) : clock.format(date);
}

// What cannot be seen, or turns the text around it, shown as its number: a name is what it looks like.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function plural(count: Numeric, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 || count === 1n ? one : many}`;
}
