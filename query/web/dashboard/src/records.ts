// All records, as they are now: the list once, then each that changes.
import {ApiError, get, session, type Cardinality, type MetricRecord, type Position} from './api';
import {parseJson} from './json';
import {openSocket, type Connection} from './live';

export type RecordsState = 'loading' | 'loaded' | 'failed';

// A metric of raw events alone is no record: only its name is known until somebody asks.
export type Metric = MetricRecord | {name: string; level?: undefined; type: 'EVENT'};

export interface Deleted {
  name: string;
  deleted: true;
}

// What was posted before the socket was open, and is counted only after the list was read, is told by neither: the list
// is read again soon after, and from time to time.
const SOON_MS = 2_000;
const REFRESH_MS = 30_000;
// A long list less often, so that reading it takes a small part of the time.
const REFRESH_FACTOR = 50;

const DEFAULT_ORG = 'default';

export function qualifiedName(record: {level?: string; name: string}): string {
  return record.level ? `${record.level}.${record.name}` : record.name;
}

// Of the two the later: between the list and the socket the same record may come twice, in either order.
function later(a: MetricRecord | undefined, b: MetricRecord): MetricRecord {
  if (a === undefined || a.type !== b.type) return b;
  return a.updateTime > b.updateTime || (a.updateTime === b.updateTime && a.count > b.count) ? a : b;
}

export class Records {
  state: RecordsState = 'loading';
  live = true; // changes are told; at first taken for granted, until it is known better
  error: ApiError | null = null;
  position: Position | null = null;
  private byName = new Map<string, MetricRecord>();
  private eventNames: string[] = [];
  private listeners = new Set<() => void>();
  private connection: Connection | null = null;
  private told: (MetricRecord | Deleted)[] | null = null; // while the list is on its way
  private loadAgain = false; // what is under way may be older than what asks
  private soon = false;
  private refresh = 0;
  private frame = 0;

  start(): void {
    if (this.connection) return;
    // Who signs in may be another one.
    this.byName.clear();
    this.eventNames = [];
    this.error = null;
    this.state = 'loading';
    // At once, because the socket may take its time; and again once it is open, for what has changed in between.
    void this.load();
    this.connection = openSocket('/data/metrics/live', {
      onOpen: () => {
        this.live = true;
        this.soon = true;
        void this.load();
      },
      onText: (text) => this.take(parseJson(text) as MetricRecord | Deleted),
      onLost: () => {
        this.live = false;
        // Where sockets do not get through the list is asked for again and again instead; and where the session has
        // ended, its answer says so.
        void this.load();
      },
    });
  }

  stop(): void {
    this.connection?.close();
    this.connection = null;
    window.clearTimeout(this.refresh);
  }

  all(): MetricRecord[] {
    return [...this.byName.values()];
  }

  metrics(): Metric[] {
    const names = new Set(this.all().map((record) => record.name));
    const events = this.eventNames.filter((name) => !names.has(name));
    return [...this.all(), ...events.map((name): Metric => ({name, type: 'EVENT'}))];
  }

  find(name: string, level: string): MetricRecord | undefined {
    return this.byName.get(JSON.stringify([level, name]));
  }

  // Levels under which the name is kept, too.
  levelsOf(name: string): string[] {
    return this.all()
      .filter((record) => record.name === name && record.level)
      .map((record) => record.level ?? '');
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async load(): Promise<void> {
    if (this.told) {
      this.loadAgain = true;
      return;
    }
    this.told = [];
    this.loadAgain = false;
    window.clearTimeout(this.refresh);
    const begun = Date.now();
    try {
      const answer = await get<MetricRecord[]>('/data/metrics');
      const before = this.told;
      this.told = null;
      this.byName.clear();
      for (const record of answer.value) this.put(record);
      for (const change of before) this.take(change);
      this.position = answer.position;
      this.error = null;
      this.state = 'loaded';
      this.changed();
      await this.loadEventNames();
    } catch (error) {
      this.told = null;
      this.error = error instanceof ApiError ? error : new ApiError(0, String(error));
      if (this.byName.size === 0) this.state = 'failed';
    }
    this.changed();
    if (!this.connection) return;
    if (this.loadAgain) return this.load();
    const waitMs = this.soon ? SOON_MS : Math.max(REFRESH_MS, REFRESH_FACTOR * (Date.now() - begun));
    this.soon = false;
    this.refresh = window.setTimeout(() => void this.loadSeen(), waitMs);
  }

  // Once somebody looks.
  private async loadSeen(): Promise<void> {
    if (document.hidden) {
      this.refresh = window.setTimeout(() => void this.loadSeen(), SOON_MS);
    } else {
      await this.load();
    }
  }

  private async loadEventNames(): Promise<void> {
    const {value} = await get<Cardinality>('/api/v1/status/cardinality', {limit: 1000});
    // Where no tokens are configured it names all orgs', but only the default org's can be read.
    const own = value.names.filter((row) => session.recognised || row.org === DEFAULT_ORG);
    this.eventNames = own.map((row) => row.name);
  }

  private put(record: MetricRecord): void {
    this.byName.set(JSON.stringify([record.level ?? '', record.name]), record);
  }

  private take(change: MetricRecord | Deleted): void {
    if (this.told) {
      this.told.push(change);
      return;
    }
    if ('deleted' in change) {
      for (const [key, record] of this.byName) {
        if (qualifiedName(record) === change.name) this.byName.delete(key);
      }
    } else {
      this.put(later(this.find(change.name, change.level ?? ''), change));
    }
    this.changed();
  }

  // Once a frame, however many records change within it.
  private changed(): void {
    if (this.frame) return;
    this.frame = window.setTimeout(() => {
      this.frame = 0;
      for (const listener of this.listeners) listener();
    }, 50);
  }
}

export const records = new Records();
