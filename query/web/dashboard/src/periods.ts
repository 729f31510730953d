// How long the buckets of a chart are: so many seconds, or days, weeks or months as the calendar of a time zone has them.
import {formatDuration} from './format';

export interface Period {
  ask: string; // as the server takes it
  zone?: string; // of a calendar's
  seconds: number; // of a calendar's the most that one takes
}

// What the rules file says of a gauge: GET /gauges.
export interface Gauge {
  name: string;
  tick: string;
  timezone: string;
}

export const DAY = 86_400;
const HOUR = 3_600;
// With the hour by which a clock is put back.
const CALENDAR: Record<string, {name: string; seconds: number}> = {
  '1d': {name: 'day', seconds: DAY + HOUR},
  '1w': {name: 'week', seconds: 7 * DAY + HOUR},
  '1mo': {name: 'month', seconds: 31 * DAY + HOUR},
};
const UNIT_SECONDS: Record<string, number> = {s: 1, m: 60, h: HOUR};

export function fixed(seconds: number): Period {
  return {ask: String(seconds), seconds};
}

export function calendar(ask: string, zone: string): Period {
  return {ask, zone, seconds: CALENDAR[ask]!.seconds};
}

// Days, weeks and months, of where the browser is and of UTC.
export function calendars(): {zone: string; periods: Period[]}[] {
  const zones = new Set([Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', 'UTC']);
  return [...zones].map((zone) => ({zone, periods: Object.keys(CALENDAR).map((ask) => calendar(ask, zone))}));
}

export function tickOf(gauge: Gauge): Period | null {
  if (gauge.tick in CALENDAR) return calendar(gauge.tick, gauge.timezone);
  const [, count, unit] = /^(\d+)([smh])$/.exec(gauge.tick) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  return seconds > 0 ? fixed(seconds) : null;
}

export function keyOf(period: Period): string {
  return `${period.ask} ${period.zone ?? ''}`;
}

export function labelOf(period: Period): string {
  const {name} = CALENDAR[period.ask] ?? {};
  return period.zone && name ? `1 ${name}` : formatDuration(period.seconds * 1000);
}

// "1 h", "day in Europe/Berlin"
export function longLabelOf(period: Period): string {
  const {name} = CALENDAR[period.ask] ?? {};
  return period.zone && name ? `${name} in ${period.zone}` : labelOf(period);
}
