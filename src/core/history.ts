/** What an archived oplog tells of drops, mass changes and single documents, as plain data. */
import type { ClusterTime } from './image.ts';

/**
 * `collection-replaced`: another one was renamed over it, as `$out` does. `mass-delete`, `mass-update`: many documents of a collection in
 * a short time or in one transaction.
 */
export type HistoryKind =
  | 'database-dropped'
  | 'collection-dropped'
  | 'collection-replaced'
  | 'collection-renamed'
  | 'mass-delete'
  | 'mass-update'
  | 'document-inserted'
  | 'document-updated'
  | 'document-replaced'
  | 'document-deleted';

export const historyKinds: readonly HistoryKind[] = [
  'database-dropped',
  'collection-dropped',
  'collection-replaced',
  'collection-renamed',
  'mass-delete',
  'mass-update',
  'document-inserted',
  'document-updated',
  'document-replaced',
  'document-deleted',
];

export interface HistoryEvent {
  readonly kind: HistoryKind;
  /** The entry of the oplog with which it took effect; of a mass change or a dropped database, the first of them. */
  readonly at: ClusterTime;
  /** The last one where there are several. */
  readonly until: ClusterTime | null;
  /** The point just before it: what that restores does not have it yet. */
  readonly before: ClusterTime;
  /** False where that point does not restore. */
  readonly restorable: boolean;
  /** `db.collection` under the name of that moment, or a database. */
  readonly ns: string;
  /** The new name of one that was renamed; of one that was replaced, the name of what replaced it, null for that of `$out`. */
  readonly otherNs: string | null;
  /** Documents of a mass change; collections of a dropped database. */
  readonly count: number | null;
  /** It was part of a transaction; of a mass change, as a whole part of one. */
  readonly inTransaction: boolean;
  /** Of a document: what it became, or how it changed, in lines for people. */
  readonly change: string | null;
}

/** What counts as a mass change. */
export interface MassThresholds {
  readonly documents: number;
  /** Within so many seconds. */
  readonly seconds: number;
}

export const usualThresholds: MassThresholds = { documents: 1000, seconds: 10 };

export interface HistoryQuery {
  /** `db.collection`; null: everything. Followed by what the collection is, under whatever name. */
  readonly ns: string | null;
  /** Extended JSON of an `_id`: only what happened to this document; needs `ns`. */
  readonly document: string | null;
  /** Seconds since 1970, both included. */
  readonly from: number;
  readonly to: number;
  readonly mass: MassThresholds;
  readonly limit: number;
  /** Where an earlier page ended. */
  readonly marker: HistoryMarker | null;
}

/** Where the next page begins. */
export interface HistoryMarker {
  readonly timeline: number;
  /** Everything up to this point was told. */
  readonly after: ClusterTime;
  /** UUIDs of the collections that are followed. */
  readonly uuids: readonly string[];
}

export interface HistoryPage {
  /** In the order in which they happened. */
  readonly events: readonly HistoryEvent[];
  /** null once everything was read. A page may hold nothing and not be the last. */
  readonly next: HistoryMarker | null;
  /** Entries of the oplog that were read for it. */
  readonly entries: number;
}

const mostUuids = 200;

/** Text for a marker, and back; null for what is none. */
export function formatMarker({ timeline, after: { t, i }, uuids }: HistoryMarker): string {
  return [timeline, t, i, ...uuids.slice(0, mostUuids)].join('.');
}

export function parseMarker(text: string): HistoryMarker | null {
  const match = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})((?:\.[0-9a-f]{32}){0,200})$/.exec(text);
  if (match === null) return null;
  const [timeline, t, i] = match.slice(1, 4).map(Number) as [number, number, number];
  if (Math.max(timeline, t, i) > 0xffff_ffff) return null;
  return { timeline, after: { t, i }, uuids: match[4] === '' ? [] : match[4]!.slice(1).split('.') };
}
