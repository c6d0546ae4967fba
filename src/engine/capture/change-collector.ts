import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { ClusterTime } from '../../core/image.ts';
import { compareClusterTime } from '../../core/image.ts';
import type { OpTime } from '../../core/image.ts';
import { TransactionParts } from '../../core/transaction-parts.ts';
import type { CatalogChange } from '../../mongo/collection-catalog.ts';
import { readOplogEntry } from '../../mongo/oplog-entry.ts';
import type { OplogMeaning, Touch } from '../../mongo/oplog-entry.ts';
import { readOplogEntryAt, readRawOplog } from '../../mongo/read-oplog.ts';
import { CappedChanges } from './capped-changes.ts';
import type { CappedPortion } from './capped-changes.ts';
import { TouchedDocuments } from './touched-documents.ts';

/** Touched `_id`s kept in memory before they must be read and forgotten: their number, and the bytes they take. */
const mostIds = 200_000;
const mostIdBytes = 24 * 1024 * 1024;
/** What entries tell of touched documents, kept in memory before it is forgotten and the documents are read instead: bytes. */
const mostHeldBytes = 16 * 1024 * 1024;
/** Bytes of documents that came into capped collections, kept in memory before they must be stored. */
const mostCappedBytes = 16 * 1024 * 1024;

/** A part of a transaction whose end has not been seen: what it would do to document counts, and to definitions. */
interface Part {
  /** Its touches were collected then; if something has been settled since, they must be collected again. */
  readonly epoch: number;
  readonly deltas: ReadonlyMap<string, number>;
  readonly commands: readonly OplogMeaning[];
  readonly previous: ClusterTime | null;
}

/** How a collector takes a touch: `isTold`, the entry has taken effect, and says exactly what became of the document; `isImmediate`, the first of these. */
interface HowTouched {
  readonly isImmediate: boolean;
  readonly isTold: boolean;
}
const toldAtOnce: HowTouched = { isImmediate: true, isTold: true };

/** Told of a change of definitions. */
type OnCatalogChange = (change: CatalogChange) => void;

export interface CollectChanges {
  /** Where the collections that are not ignored are stored as they were, exactly. */
  readonly start: OpTime;
  readonly onCatalogChange: OnCatalogChange;
  /** Bytes of updates that may be stored of a collection before its next scan. */
  readonly roomForUpdates: (uuid: string) => number;
}

/** Reads again the part of a transaction that lies at a time. */
type ReadPart = (at: ClusterTime) => Promise<Part>;

/** What the collector learned besides touched documents; the capture looks at it between steps. */
export interface Discoveries {
  /** Collections whose creation was seen: everything in them was seen too. */
  readonly created: ReadonlySet<string>;
  readonly mustScan: {
    readonly uuids: ReadonlySet<string>;
    readonly databases: ReadonlySet<string>;
    readonly everything: boolean;
  };
  /** What was not understood, for the notes. */
  readonly unclear: readonly string[];
}

/**
 * Follows the oplog and collects which documents were touched, by collection UUID and raw `_id`. Collecting too much costs time,
 * never correctness: entries of transactions that abort later are collected like any other.
 */
export class ChangeCollector {
  readonly changes = new Map<string, TouchedDocuments>();
  /** Net change in the number of documents by committed entries, per collection UUID. */
  readonly deltas = new Map<string, number>();
  /** Collections that are going to be scanned at a later position: what happens to them before does not matter. */
  readonly ignored = new Set<string>();
  /** Capped collections that are scanned, or have been: what happens to them is taken from the entries. */
  readonly capped = new Map<string, CappedChanges>();
  entriesRead = 0;

  #position: OpTime;
  readonly #onCatalogChange: OnCatalogChange;
  readonly #parts = new TransactionParts<Part>();
  readonly #created = new Set<string>();
  readonly #mustScan = { uuids: new Set<string>(), databases: new Set<string>(), everything: false };
  readonly #unclear: string[] = [];
  /** Collections of which something is stored that is not exactly as it was at one position. */
  readonly #inexact = new Set<string>();
  readonly #roomForUpdates: (uuid: string) => number;
  #ids = 0;
  #idBytes = 0;
  #heldBytes = 0;
  #cappedBytes = 0;
  /** Counts the moments at which collected changes were forgotten. */
  #epoch = 0;

  constructor({ start, onCatalogChange, roomForUpdates }: CollectChanges) {
    this.#position = start;
    this.#onCatalogChange = onCatalogChange;
    this.#roomForUpdates = roomForUpdates;
  }

  /** Everything up to here has been collected. */
  get position(): OpTime {
    return this.#position;
  }

  get discoveries(): Discoveries {
    return { created: this.#created, mustScan: this.#mustScan, unclear: this.#unclear };
  }

  /** Touched documents that must be read. */
  get unknown(): number {
    let sum = 0;
    for (const { unknown } of this.changes.values()) sum += unknown;
    return sum;
  }

  /** When the earliest entry after `since` lies that belongs to a transaction whose end has not been seen; null if there is none. */
  earliestOpenPart(since: ClusterTime): ClusterTime | null {
    const open = this.#parts.times().filter((time) => compareClusterTime(time, since) > 0);
    return open.toSorted(compareClusterTime)[0] ?? null;
  }

  /** Collects up to `target` (majority-committed), or until memory is full: then the changes must be read, or stored, before going on. */
  async advance(client: MongoClient, target: OpTime, signal: AbortSignal): Promise<'reached' | 'full'> {
    const readPart: ReadPart = (at) => this.#readPart(client, at, signal);
    for await (const { buffer, starts, count } of readRawOplog(client, this.#position, target, signal)) {
      for (let n = 0; n < count; n++) {
        const entry = readOplogEntry(buffer, starts[n]!);
        this.entriesRead++;
        // Nearly all entries need no waiting.
        if (entry.meaning.kind === 'touch') this.#takeOne(entry.meaning.touch);
        else await this.#take(entry, readPart);
        this.#position = entry.time;
        if (this.#heldBytes >= mostHeldBytes) this.#forgetTold();
        if (this.#ids >= mostIds || this.#idBytes >= mostIdBytes || this.#cappedBytes >= mostCappedBytes) return 'full';
      }
    }
    return 'reached';
  }

  /**
   * Forgets the changes of a collection once they are stored. `exact`: everything is stored as it was at the current position; else
   * some documents as they were at some time since, which no update may be added to.
   */
  settle(uuid: string, { exact }: { readonly exact: boolean }): void {
    this.#epoch++;
    if (!exact) this.#inexact.add(uuid);
    const known = this.changes.get(uuid);
    if (known === undefined) return;
    this.#ids -= known.size;
    this.#idBytes -= known.idBytes;
    this.#heldBytes -= known.heldBytes;
    this.changes.delete(uuid);
  }

  /** From the current position on the collection counts anew: it is being scanned as it is here. */
  startOver(uuid: string): void {
    this.settle(uuid, { exact: false });
    this.deltas.delete(uuid);
    this.ignored.delete(uuid);
    this.capped.delete(uuid);
    this.#mustScan.uuids.delete(uuid);
  }

  /** As `startOver`, for a capped collection: from here on what happens to it is taken from the entries. */
  startOverCapped(uuid: string): void {
    this.startOver(uuid);
    this.capped.set(uuid, new CappedChanges());
  }

  /** What came and went in capped collections since this was asked before. */
  takeCappedPortions(): ReadonlyMap<string, CappedPortion> {
    this.#cappedBytes = 0;
    return new Map(
      [...this.capped].flatMap(([uuid, changes]) => {
        const portion = changes.takePortion();
        return portion === null ? [] : [[uuid, portion] as const];
      }),
    );
  }

  /** Tells that everything in these demands has been put on the list of scans. */
  acceptScanDemands(): void {
    this.#mustScan.uuids.clear();
    this.#mustScan.databases.clear();
    this.#mustScan.everything = false;
  }

  async #take(
    { time, meaning }: { readonly time: ClusterTime; readonly meaning: OplogMeaning },
    readPart: ReadPart,
  ): Promise<void> {
    switch (meaning.kind) {
      case 'nothing':
        return;
      case 'touch':
        return this.#takeOne(meaning.touch);
      case 'group': {
        // Parts of a transaction take effect later, if at all; no server lets one write to a capped collection.
        const isImmediate = meaning.effect === 'whole' && meaning.previous === null;
        // Who calls applyOps may name documents, and mean updates, as no server writes them by itself.
        const isTold = isImmediate && meaning.bySession;
        for (const touch of meaning.touches) this.#touch(touch, { isImmediate, isTold });
        const deltas = sumDeltas(meaning.touches);
        const { commands, previous } = meaning;
        if (meaning.effect === 'part') this.#parts.note(time, { epoch: this.#epoch, deltas, commands, previous });
        else {
          await this.#completeTransaction(previous, time, readPart);
          await this.#takeCommands(commands, time, readPart);
          this.#count(deltas);
        }
        return;
      }
      case 'commit':
        return this.#completeTransaction(meaning.previous, time, readPart);
      case 'abort':
        return this.#parts.forget(meaning.previous);
      case 'created':
      case 'dropped':
        if (meaning.kind === 'created') this.#created.add(meaning.uuid);
        this.#onCatalogChange({ ...meaning, time });
        return;
      case 'catalog':
        for (const db of meaning.databases) this.#onCatalogChange({ kind: 'changed', db, uuid: meaning.uuid, time });
        return;
      case 'unclear':
        this.#demandScan(meaning);
        if (meaning.db !== null) this.#onCatalogChange({ kind: 'changed', db: meaning.db, uuid: meaning.uuid, time });
        return;
    }
  }

  /** An entry of its own, which has taken effect. */
  #takeOne(touch: Touch): void {
    this.#touch(touch, toldAtOnce);
    this.#countOne(touch.uuid, touch.delta);
  }

  /** Definitions change when the entry takes effect: a catalog that was read before that does not know of them. */
  async #takeCommands(commands: readonly OplogMeaning[], time: ClusterTime, readPart: ReadPart): Promise<void> {
    for (const meaning of commands) await this.#take({ time, meaning }, readPart);
  }

  /**
   * A transaction took effect: its earlier entries count now. Those that lie before our start, and those whose documents were
   * read before they took effect, are read again (pitfalls E7, E8).
   */
  async #completeTransaction(last: ClusterTime | null, time: ClusterTime, readPart: ReadPart): Promise<void> {
    // Counted only now: if reading fails half-way, the entry is taken again.
    const parts = await this.#parts.complete(last, (at, noted) => (noted?.epoch === this.#epoch ? noted : readPart(at)));
    for (const { part } of parts) {
      await this.#takeCommands(part.commands, time, readPart);
      this.#count(part.deltas);
    }
  }

  async #readPart(client: MongoClient, time: ClusterTime, signal: AbortSignal): Promise<Part> {
    const meaning: OplogMeaning | undefined = (await readOplogEntryAt(client, time, signal))?.meaning;
    if (meaning?.kind !== 'group') {
      throw new LarderError(
        'capture-failed',
        `A transaction began at ${time.t}:${time.i}, which the oplog does not hold any more.`,
        {
          retryable: true,
          details: { gap: true },
        },
      );
    }
    for (const touch of meaning.touches) this.#touch(touch, { isImmediate: false, isTold: false });
    const { touches, commands, previous } = meaning;
    return { epoch: this.#epoch, deltas: sumDeltas(touches), commands, previous };
  }

  #touch(touch: Touch, { isImmediate, isTold }: HowTouched): void {
    const { db, uuid, id } = touch;
    if (this.ignored.has(uuid)) return;
    const capped = this.capped.get(uuid);
    if (capped !== undefined) {
      const before = capped.pendingBytes;
      if (isImmediate) capped.take(touch);
      else capped.unclear = true;
      this.#cappedBytes += capped.pendingBytes - before;
      return;
    }
    let known = this.changes.get(uuid);
    if (known === undefined) {
      const exact = !this.#inexact.has(uuid);
      known = new TouchedDocuments({ db, exact, roomForUpdates: this.#roomForUpdates(uuid) });
      this.changes.set(uuid, known);
    }
    const { size, idBytes, heldBytes } = known;
    if (isTold) known.take(touch);
    else known.markUnknown(id);
    this.#ids += known.size - size;
    this.#idBytes += known.idBytes - idBytes;
    this.#heldBytes += known.heldBytes - heldBytes;
  }

  #forgetTold(): void {
    for (const known of this.changes.values()) known.forgetTold();
    this.#heldBytes = 0;
  }

  #count(deltas: ReadonlyMap<string, number>): void {
    for (const [uuid, delta] of deltas) this.#countOne(uuid, delta);
  }

  #countOne(uuid: string, delta: number): void {
    if (delta !== 0 && !this.ignored.has(uuid)) this.deltas.set(uuid, (this.deltas.get(uuid) ?? 0) + delta);
  }

  #demandScan({ db, uuid, what }: OplogMeaning & { kind: 'unclear' }): void {
    if (uuid !== null) this.#mustScan.uuids.add(uuid);
    else if (db !== null) this.#mustScan.databases.add(db);
    else this.#mustScan.everything = true;
    this.#unclear.push(what);
  }
}

function sumDeltas(touches: readonly Touch[]): ReadonlyMap<string, number> {
  const deltas = new Map<string, number>();
  for (const { uuid, delta } of touches) deltas.set(uuid, (deltas.get(uuid) ?? 0) + delta);
  return deltas;
}

/** True if `a` is not before `b`. */
export function reaches(a: ClusterTime, b: ClusterTime): boolean {
  return compareClusterTime(a, b) >= 0;
}

export function later(a: ClusterTime, b: ClusterTime): ClusterTime {
  return reaches(a, b) ? a : b;
}
