import { deserialize } from 'bson';
import type { MongoClient } from 'mongodb';
import { concurrently } from '../lib/concurrently.ts';
import { findElement } from '../lib/raw-bson.ts';
import { compareClusterTime } from '../core/image.ts';
import type { ClusterTime } from '../core/image.ts';
import { isRestoreOwn } from '../core/restore-names.ts';
import { serverErrorCode } from './connect.ts';
import { sightTimes } from './members.ts';
import type { OpTime } from '../core/image.ts';
import { elements } from './ordered-document.ts';
import { readRaw } from './raw-cursor.ts';

/** Collections whose indexes are asked for at the same time: there may be 100,000 of them (pitfalls S13). */
const indexesAtOnce = 6;

/** A collection with data, or a definition without. All BSON is raw, as the server sent it. */
export interface CatalogEntry {
  readonly db: string;
  readonly name: string;
  readonly type: 'collection' | 'view' | 'timeseries';
  /** 32 hex digits; null for what has no data of its own. */
  readonly uuid: string | null;
  readonly capped: boolean;
  readonly options: Buffer;
  /** Finished indexes only, `_id_` included. Of a time-series collection, as listed through its own name. */
  readonly indexes: readonly Buffer[];
}

/** One database's entries, read at some moments from `readAt` to `readUntil`: DDL in between may be in them or not. */
export interface DatabaseCatalog {
  readonly readAt: ClusterTime;
  /** By UUID, when the indexes were read: earlier than the rest where they were taken over. */
  readonly indexesReadAt: ReadonlyMap<string, ClusterTime>;
  readonly readUntil: OpTime;
  readonly entries: readonly CatalogEntry[];
}

/** What a server holds, by database. It is what it was at T if T is not before any `readUntil` and no DDL lies between `readAt` and T. */
export type CollectionCatalog = ReadonlyMap<string, DatabaseCatalog>;

/** Databases that can hold something of the user's: all but `local` and `config`. `admin` counts: it holds users and roles. */
export async function listUserDatabases(client: MongoClient, signal: AbortSignal): Promise<readonly string[]> {
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true }, { signal });
  return (databases as { name: string }[]).map(({ name }) => name).filter((name) => name !== 'local' && name !== 'config');
}

/** What is known already, and what of it must be read again. */
export interface KnownCatalog {
  readonly catalog: CollectionCatalog;
  /** Databases that are read again; the others are taken over. */
  readonly dirty: ReadonlySet<string>;
  /** Within them indexes are taken over as well, but for these collections, by UUID; absent: they are all read again. */
  readonly stale?: ReadonlySet<string>;
}

/** Reads the whole catalog, or only what is not known. */
export async function readCatalog(client: MongoClient, signal: AbortSignal, previous?: KnownCatalog): Promise<CollectionCatalog> {
  const catalog = new Map<string, DatabaseCatalog>();
  if (previous !== undefined) {
    for (const [db, known] of previous.catalog) if (!previous.dirty.has(db)) catalog.set(db, known);
  }
  const names = previous === undefined ? await listUserDatabases(client, signal) : previous.dirty;
  for (const db of names) {
    if (db !== 'local' && db !== 'config') catalog.set(db, await readDatabase(client, db, signal, previous));
  }
  return catalog;
}

async function readDatabase(
  client: MongoClient,
  name: string,
  signal: AbortSignal,
  previous?: KnownCatalog,
): Promise<DatabaseCatalog> {
  // DDL after this is found in the oplog.
  const { from: readAt } = await sightTimes(client, signal);
  const db = client.db(name);
  const entries: CatalogEntry[] = [];
  for await (const batch of readRaw(db, { listCollections: 1 }, { signal })) {
    for (let n = 0; n < batch.count; n++) {
      const entry = parseEntry(name, batch.buffer, batch.starts[n]!);
      if (entry !== null) entries.push(entry);
    }
  }
  const reusable = reusableIndexes(name, readAt, previous);
  const indexesReadAt = new Map<string, ClusterTime>();
  const found = new Map<CatalogEntry, readonly Buffer[]>();
  await concurrently(entries, indexesAtOnce, async (entry) => {
    const known = entry.uuid === null ? undefined : reusable.get(entry.uuid);
    const indexes = entry.type === 'view' ? [] : (known?.indexes ?? (await readIndexes(client, entry, signal)));
    if (indexes === null) return;
    found.set(entry, indexes);
    if (entry.uuid !== null) indexesReadAt.set(entry.uuid, known?.readAt ?? readAt);
  });
  // In the order of the list, without what was dropped since.
  const complete = entries.flatMap((entry) => {
    const indexes = found.get(entry);
    return indexes === undefined ? [] : [{ ...entry, indexes }];
  });
  const { to: readUntil } = await sightTimes(client, signal);
  return { readAt, readUntil, indexesReadAt, entries: complete };
}

interface KnownIndexes {
  readonly indexes: readonly Buffer[];
  readonly readAt: ClusterTime;
}

/** Indexes that need not be asked for again, by UUID. What was read in another term may have been rolled back since. */
function reusableIndexes(db: string, now: OpTime, previous: KnownCatalog | undefined): ReadonlyMap<string, KnownIndexes> {
  const reusable = new Map<string, KnownIndexes>();
  const known = previous?.catalog.get(db);
  const stale = previous?.stale;
  if (known === undefined || stale === undefined || known.readUntil.term !== now.term) return reusable;
  for (const { uuid, indexes } of known.entries) {
    const readAt = uuid === null ? undefined : known.indexesReadAt.get(uuid);
    if (uuid !== null && readAt !== undefined && !stale.has(uuid)) reusable.set(uuid, { indexes, readAt });
  }
  return reusable;
}

function parseEntry(db: string, buffer: Buffer, start: number): CatalogEntry | null {
  const raw = (field: string): Buffer | null => {
    const element = findElement(buffer, start, field);
    return element === null ? null : Buffer.from(buffer.subarray(element.value, element.end));
  };
  const text = (field: string): string => {
    const element = findElement(buffer, start, field)!;
    return buffer.toString('utf8', element.value + 4, element.end - 1);
  };
  const name = text('name');
  const type = text('type') as CatalogEntry['type'];
  const options = raw('options') ?? Buffer.from([5, 0, 0, 0, 0]);
  const shape = deserialize(options);
  if (shape['temp'] === true || !isCaptured(db, name)) return null;
  const info = raw('info');
  const uuid = info === null ? undefined : deserialize(info, { promoteBuffers: false })['uuid'];
  return {
    db,
    name,
    type,
    uuid: type === 'collection' && uuid !== undefined ? Buffer.from(uuid.buffer).toString('hex') : null,
    capped: shape['capped'] === true,
    options,
    indexes: [],
  };
}

/** Which namespaces belong to an image (pitfalls S11): what the user made, and users, roles, functions and time-series buckets. */
export function isCaptured(db: string, name: string): boolean {
  if (db === 'local' || db === 'config') return false;
  if (!name.startsWith('system.')) return !isRestoreOwn(name);
  if (name === 'system.js' || name.startsWith('system.buckets.')) return true;
  return db === 'admin' && (name === 'system.users' || name === 'system.roles');
}

/** Names that servers give to what will soon have another: `$out`, `mapReduce`, renames across databases, conversions, drops. */
const passingName = /^(tmp\.|tmp[A-Za-z0-9]{5}\.(convertToCapped|renameCollection)|system\.drop\.)/;

/** True of the name, without its database, of what a server keeps for a moment only. */
export function isPassingName(name: string): boolean {
  return passingName.test(name);
}

/** Raw specifications of the finished indexes; null if the collection is gone. */
async function readIndexes(client: MongoClient, entry: CatalogEntry, signal: AbortSignal): Promise<readonly Buffer[] | null> {
  const indexes: Buffer[] = [];
  try {
    // With includeBuildUUIDs an index that is still being built says so; without, it looks finished.
    for await (const batch of readRaw(client.db(entry.db), { listIndexes: entry.name, includeBuildUUIDs: true }, { signal })) {
      for (let n = 0; n < batch.count; n++) {
        const start = batch.starts[n]!;
        if (findElement(batch.buffer, start, 'buildUUID') !== null) continue;
        indexes.push(copyOfDocument(batch.buffer, start));
      }
    }
  } catch (error) {
    if (serverErrorCode(error) === 26) return null;
    throw error;
  }
  return indexes;
}

function copyOfDocument(buffer: Buffer, start: number): Buffer {
  return Buffer.from(buffer.subarray(start, start + buffer.readInt32LE(start)));
}

/** True if both documents have the same top-level fields with the same bytes, in whatever order. */
export function sameFields(a: Buffer, b: Buffer): boolean {
  const fields = (raw: Buffer): string =>
    [...elements(raw)]
      .map(({ start, end }) => raw.toString('latin1', start, end))
      .toSorted()
      .join('\u0000\u0000');
  return fields(a) === fields(b);
}

/** Something that became of definitions, at a time. */
export interface CatalogChange {
  readonly kind: 'created' | 'dropped' | 'changed';
  readonly db: string;
  /** null: of any collection. */
  readonly uuid: string | null;
  readonly time: ClusterTime;
}

/**
 * What a change may have made wrong in the catalog: nothing, if the database was read after it; else the database, and the indexes of
 * that collection or of all in it.
 */
export function staleAfter(
  catalog: CollectionCatalog,
  { kind, db, uuid, time }: CatalogChange,
): { readonly database: boolean; readonly indexes: readonly string[] } {
  const known = catalog.get(db);
  if (known === undefined) return { database: true, indexes: [] };
  const isThere = uuid !== null && known.indexesReadAt.has(uuid);
  // A collection begins once and ends once: what shows it, or does not any more, was read after that.
  if ((kind === 'created' && isThere) || (kind === 'dropped' && !isThere)) return { database: false, indexes: [] };
  const isAfter = (readAt: ClusterTime | undefined): boolean => readAt !== undefined && compareClusterTime(time, readAt) > 0;
  const candidates = uuid === null ? [...known.indexesReadAt.keys()] : [uuid];
  const indexes = candidates.filter((each) => isAfter(known.indexesReadAt.get(each)));
  return { database: indexes.length > 0 || isAfter(known.readAt), indexes };
}

/** The earliest T that the catalog can stand for, if nothing changed it until then. */
export function earliestCatalogTime(catalog: CollectionCatalog): ClusterTime {
  let latest: ClusterTime = { t: 0, i: 0 };
  for (const { readUntil } of catalog.values()) if (compareClusterTime(readUntil, latest) > 0) latest = readUntil;
  return latest;
}

/** Databases that were read while the member stood in another term: unlike within one term, it may have gone back since. */
export function readInOtherTerm(catalog: CollectionCatalog, term: number): readonly string[] {
  return [...catalog].filter(([, { readUntil }]) => readUntil.term !== term).map(([db]) => db);
}
