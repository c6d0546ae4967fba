import { applyUpdate } from '../../lib/apply-update.ts';
import { isDifference } from '../../lib/is-difference.ts';
import { batchOfDocuments, documentLength, findElement } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import type { Touch } from '../../mongo/oplog-entry.ts';
import { batchOfIds, idKeyOf } from '../../mongo/raw-id.ts';
import type { IdKey } from '../../mongo/raw-id.ts';
import { UpdateLog } from './update-log.ts';

/**
 * What the entries say of a document: nothing to be relied on, that it is gone, all of it, or where in the log of updates lies how it
 * differs from what is stored (a list where there are several).
 */
type Known = 'unknown' | 'gone' | Buffer | number | number[];

/** A document that was updated more often is read: that is cheaper than all its updates. */
const mostUpdates = 16;

/** What has to be stored of the documents that need not be read, each in one of the three. */
export interface ToldDocuments {
  readonly removals: RawBatch;
  readonly documents: RawBatch;
  /** As `LayerWriter.addUpdates` takes them. */
  readonly updates: RawBatch;
}

export interface TouchedOptions {
  readonly db: string;
  /** True if what is stored of the collection is exactly as the server had it before the first entry that is taken. */
  readonly exact: boolean;
  /** Bytes of updates that may be kept; beyond them documents are read instead. */
  readonly roomForUpdates: number;
}

/**
 * The documents of one collection that were touched and have not been stored since. A document that the entries tell whole, or
 * whose difference from what is stored they tell, need not be read from the server; of any other, and in case of doubt, the `_id` is kept.
 */
export class TouchedDocuments {
  readonly db: string;
  readonly #exact: boolean;
  #roomForUpdates: number;
  readonly #known = new Map<IdKey, Known>();
  #unknown = 0;
  #idBytes = 0;
  #documentBytes = 0;
  readonly #updates = new UpdateLog();

  constructor({ db, exact, roomForUpdates }: TouchedOptions) {
    this.db = db;
    this.#exact = exact;
    this.#roomForUpdates = roomForUpdates;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Those that must be read. */
  get unknown(): number {
    return this.#unknown;
  }

  get idBytes(): number {
    return this.#idBytes;
  }

  /** Bytes of what the entries told. */
  get heldBytes(): number {
    return this.#documentBytes + this.#updates.length;
  }

  /** The document must be read, whatever entries say of it later: they may not be all there is. */
  markUnknown(id: IdKey): void {
    this.#set(id, this.#known.get(id), 'unknown');
  }

  /** Takes an entry that has taken effect, in the order of the oplog. */
  take({ id, write: { op, buffer, body } }: Touch): void {
    const before = this.#known.get(id);
    if (before === 'unknown') return;
    if (op === 'd') return this.#set(id, before, 'gone');
    const end = body + documentLength(buffer, body);
    if (op === 'u' && !isWhole(buffer, body)) return this.#set(id, before, this.#updated(id, before, buffer, body, end));
    this.#set(id, before, idKeyOf(buffer, body) === id ? Buffer.from(buffer.subarray(body, end)) : 'unknown');
  }

  /** Nothing that entries told is kept: all must be read. */
  forgetTold(): void {
    for (const [id, known] of this.#known) this.#set(id, known, 'unknown');
    this.#updates.clear();
  }

  *unknownIds(): Generator<IdKey, void, undefined> {
    for (const [id, known] of this.#known) if (known === 'unknown') yield id;
  }

  /** What need not be read. */
  told(): ToldDocuments {
    const removals: IdKey[] = [];
    const documents: Buffer[] = [];
    const updates: number[] = [];
    for (const [id, known] of this.#known) {
      if (known === 'gone') removals.push(id);
      else if (Buffer.isBuffer(known)) documents.push(known);
      else if (typeof known === 'number') updates.push(known);
      else if (known !== 'unknown') updates.push(...known);
    }
    return { removals: batchOfIds(removals), documents: batchOfDocuments(documents), updates: this.#updates.batch(updates) };
  }

  #updated(id: IdKey, before: Exclude<Known, 'unknown'> | undefined, buffer: Buffer, body: number, end: number): Known {
    if (before === 'gone' || !isDifference(buffer, body)) return 'unknown';
    if (Buffer.isBuffer(before)) return applyUpdate(before, buffer.subarray(body, end)) ?? 'unknown';
    if (before === undefined && !this.#exact) return 'unknown';
    if (typeof before === 'object' && before.length === mostUpdates) return 'unknown';
    this.#roomForUpdates -= end - body;
    if (this.#roomForUpdates < 0) return 'unknown';
    const place = this.#updates.append(id, buffer, body, end);
    if (before === undefined) return place;
    if (typeof before === 'number') return [before, place];
    before.push(place);
    return before;
  }

  #set(id: IdKey, before: Known | undefined, now: Known): void {
    if (before === undefined) this.#idBytes += id.length;
    if (before !== 'unknown' && now === 'unknown') this.#unknown++;
    if (Buffer.isBuffer(before)) this.#documentBytes -= before.length + bufferOverhead;
    if (Buffer.isBuffer(now)) this.#documentBytes += now.length + bufferOverhead;
    if (before !== now) this.#known.set(id, now);
  }
}

/** What a buffer takes in memory besides its bytes, about. */
const bufferOverhead = 100;

/** True of an update that replaces the document: it begins with the `_id`, as every stored document does (pitfall D4). */
function isWhole(buffer: Buffer, body: number): boolean {
  // In this order, as nearly all begin with `$v`.
  return findElement(buffer, body, '$v') === null && findElement(buffer, body, '_id') !== null;
}
