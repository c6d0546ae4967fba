import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { ClusterTime, CollectionImage, Manifest, OpTime, ViewImage } from '../../core/image.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { meanwhile } from '../../lib/meanwhile.ts';
import { toTimestamp } from '../../mongo/cluster-time.ts';
import { earliestCatalogTime, readCatalog, readInOtherTerm, staleAfter } from '../../mongo/collection-catalog.ts';
import type { CollectionCatalog } from '../../mongo/collection-catalog.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { appliedOpTime, majorityOpTime } from '../../mongo/members.ts';
import { proveContinuity } from '../../mongo/read-oplog.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { FileRoom } from '../file-room.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { awaitCommit } from './await-commit.ts';
import { CappedCollections, logsEvictions } from './capped-collections.ts';
import { ChangeCollector, later } from './change-collector.ts';
import { expectScans } from './expect-scans.ts';
import { askOpenTransactions, oplogAfter, type OpenTransactions } from './open-at.ts';
import { expectTouched, touchedSize } from './expect-touched.ts';
import { isTimeLost, readChanges } from './read-changes.ts';
import { scanCollection } from './scan-collection.ts';
import { makeRoomForScan, sourceFiles } from './source-files.ts';
import { ScanList, type DataEntry } from './scan-list.ts';
import type { Source } from './source.ts';
import { StoredLayers } from './stored-layers.ts';
import { viewImages } from './view-images.ts';

/** Collections scanned, and queries for changed documents, at the same time. */
const scansAtOnce = 2;
const changeReadsAtOnce = 4;
/** The oplog is followed at least this often while collections are scanned, so that it cannot roll over under a long scan. Milliseconds. */
const followInterval = 1000;
/** More documents that must be read than this are read in a round of their own before the final one, which must fit into the snapshot window. */
const finalRoundIds = 20_000;
/** Rounds after which the final one is tried with whatever is left: the source is written to faster than we can shrink it. */
const mostRounds = 20;
/** A new T is tried at least so often, and for so long (milliseconds), before we give up: on a slow machine tries are few, on a fast one short. */
const leastAttempts = 40;
const leastTrying = 180_000;

/** The member that is being read, and the signal that ends reading it: cancelled, or lost. */
interface Member {
  readonly client: MongoClient;
  /** Whom to ask for documents at a cluster time instead, in transactions; null where that is the member itself. */
  readonly transactions: MongoClient | null;
  /** True if it removes what does not fit into a capped collection without an entry in the oplog. */
  readonly evictsSilently: boolean;
  readonly files: FileRoom;
  readonly signal: AbortSignal;
}

export interface BuiltImage {
  readonly time: OpTime;
  /** As in the manifest; null where we may not ask for it. */
  readonly oplogAfter: ClusterTime | null;
  readonly collections: readonly CollectionImage[];
  readonly views: readonly ViewImage[];
  readonly notes: readonly string[];
  readonly oplogEntriesRead: number;
}

export interface BuildImage {
  /** Where the image begins: the base's time, or the newest majority-committed time. */
  readonly start: OpTime;
  readonly repository: ProjectRepository;
  readonly writer: RepositoryWriter;
  /** The image to build on, whose time the oplog still reaches; null to scan everything. */
  readonly base: Manifest | null;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/**
 * Builds the image of a replica set at one cluster time: design section 4, steps 1 to 4. If the member it reads is lost, `run` may be
 * called again with another: what was read at proven positions stays, the rest is read there. Server errors pass through.
 */
export class ImageBuilder {
  readonly #build: BuildImage;
  readonly #collector: ChangeCollector;
  readonly #layers: StoredLayers;
  readonly #capped: CappedCollections;
  /** Databases whose catalog must be read again, and collections whose indexes must. */
  readonly #dirty = new Set<string>();
  readonly #staleIndexes = new Set<string>();
  readonly #scans: ScanList;
  readonly #notes = new Set<string>();
  #catalog: CollectionCatalog = new Map();
  /** Nothing was read as it was after this: an image of an earlier time would hold documents of its future. */
  #horizon: ClusterTime = { t: 0, i: 0 };
  #member: Member | null = null;

  constructor(build: BuildImage) {
    this.#build = build;
    this.#layers = new StoredLayers(build.base);
    this.#collector = new ChangeCollector({
      start: build.start,
      onCatalogChange: (change) => {
        const { database, indexes } = staleAfter(this.#catalog, change);
        if (database) this.#dirty.add(change.db);
        for (const each of indexes) this.#staleIndexes.add(each);
      },
      roomForUpdates: (uuid) => this.#layers.roomForUpdates(uuid),
    });
    const { repository, writer } = build;
    const find = (uuid: string) => this.#dataEntries().find((entry) => entry.uuid === uuid);
    this.#capped = new CappedCollections({ repository, writer, collector: this.#collector, layers: this.#layers, find });
    this.#scans = new ScanList(this.#collector, this.#layers, this.#capped);
  }

  /** Builds on `source`, from where an earlier run got to. Once it has resolved there is nothing more to run. */
  async run(source: Source): Promise<BuiltImage> {
    const { progress } = this.#build;
    const { client, transactions, lost } = source;
    const evictsSilently = !logsEvictions(source);
    const files = sourceFiles(client);
    const arrived = { client, transactions, evictsSilently, files, signal: AbortSignal.any([this.#build.signal, lost]) };
    const isAnother = this.#member !== null;
    this.#member = arrived;
    if (isAnother) await this.#takeUp(arrived);
    progress.phase('reading the catalog');
    this.#dirty.clear();
    this.#staleIndexes.clear();
    this.#catalog = await readCatalog(client, arrived.signal);
    for (const { uuid } of this.#dataEntries()) {
      if (!this.#layers.has(uuid) && !this.#collector.discoveries.created.has(uuid)) this.#collector.ignored.add(uuid);
    }
    progress.phase('reading the oplog');
    await this.#catchUp();
    return this.#result(await this.#settle());
  }

  /**
   * Goes on with another member, or the same after it was lost. It must have come as far as the one before, and hold the very entry that
   * we stand at: then it has the same history, and what was read stays true. Scans that were under way begin again.
   */
  async #takeUp({ client, signal }: Member): Promise<void> {
    await awaitCommit(client, this.#collector.position, signal);
    await proveContinuity(client, this.#collector.position, signal);
    this.#scans.repeatRunning();
  }

  get #now(): Member {
    if (this.#member === null) throw new LarderError('internal', 'the image is not being built yet');
    return this.#member;
  }

  /** Tries one T after the other until catalog, collections and changes are all known as they were at it. */
  async #settle(): Promise<Pick<BuiltImage, 'time' | 'oplogAfter'>> {
    const { progress } = this.#build;
    const { client, signal } = this.#now;
    let rounds = 0;
    // Not asked in every attempt: each question would give definitions more time to change.
    let open = await this.#openTransactions();
    const began = performance.now();
    let earliest: ClusterTime = { t: 0, i: 0 };
    for (let attempt = 0; attempt < leastAttempts || performance.now() - began < leastTrying; attempt++) {
      const missing = this.#collectionsToScan();
      if (missing.length > 0) {
        progress.phase('scanning');
        await expectScans(client, missing, progress, signal);
        // Capped ones last: the less of the oplog lies between their scan and T, the less has to be taken from it.
        for (const entries of [missing.filter(({ capped }) => !capped), missing.filter(({ capped }) => capped)]) {
          if (entries.length > 0) await this.#scan(entries);
        }
        progress.settle();
        open = await this.#openTransactions();
      }
      progress.phase('catching up');
      const time = await awaitCommit(client, later(later(earliestCatalogTime(this.#catalog), this.#horizon), earliest), signal);
      await this.#collectTo(time);
      // What was read of the catalog in another term may have been rolled back since.
      for (const db of readInOtherTerm(this.#catalog, time.term)) this.#dirty.add(db);
      if (this.#collector.unknown > finalRoundIds && rounds < mostRounds) {
        this.#expectTouched();
        await this.#readChanges({ level: 'majority' }, null);
        rounds++;
        attempt--;
        continue;
      }
      if (this.#dirty.size > 0) {
        const known = { catalog: this.#catalog, dirty: new Set(this.#dirty), stale: new Set(this.#staleIndexes) };
        this.#dirty.clear();
        this.#staleIndexes.clear();
        this.#catalog = await readCatalog(client, signal, known);
        continue;
      }
      if (this.#collectionsToScan().length > 0) continue;
      if (this.#now.transactions !== null && [...this.#collector.changes.values()].some(({ db }) => db === 'admin')) {
        // No transaction may read there (4.4): what is read now is as it is at the next T, unless it is touched again before that.
        this.#expectTouched();
        await this.#readChanges({ level: 'majority' }, null);
        continue;
      }
      // The snapshot that it reads does not wait.
      progress.phase('final round', { urgent: true });
      this.#expectTouched();
      if ((await this.#finalRound(time)) && (await this.#finishCapped())) {
        return { time, oplogAfter: open === null ? null : oplogAfter(time, open, this.#collector) };
      }
      // What could not be read at this T never can be. Without a primary there is no later one yet: that is waited for.
      earliest = { t: time.t, i: time.i + 1 };
    }
    throw new LarderError(
      'capture-failed',
      `Collections were created, dropped or renamed so often that no moment could be found at which all could be read (tried for ${leastTrying / 60_000} minutes).`,
      { retryable: true },
    );
  }

  /** Reads the last touched documents at T. False if something cannot be read at T any more: then another T is needed. */
  async #finalRound(time: OpTime): Promise<boolean> {
    const present = new Set(this.#dataEntries().map(({ uuid }) => uuid));
    try {
      await this.#readChanges({ level: 'snapshot', atClusterTime: toTimestamp(time) }, present);
    } catch (error) {
      if (isTimeLost(error)) return false;
      throw error;
    }
    return this.#collectionsToScan().length === 0;
  }

  #dataEntries(): readonly DataEntry[] {
    return [...this.#catalog.values()].flatMap(({ entries }) =>
      entries.filter((entry): entry is DataEntry => entry.uuid !== null),
    );
  }

  #collectionsToScan(): readonly DataEntry[] {
    return this.#scans.missing(this.#dataEntries());
  }

  /** Scans collections as they are at the collector's position, following the oplog meanwhile. */
  async #scan(entries: readonly DataEntry[]): Promise<void> {
    const at = this.#collector.position;
    for (const { uuid, capped } of entries) {
      if (capped) this.#collector.startOverCapped(uuid);
      else this.#collector.startOver(uuid);
      this.#layers.forget(uuid);
      this.#scans.begin(uuid);
    }
    const scans = (signal: AbortSignal) => concurrently(entries, scansAtOnce, (entry) => this.#scanOne(entry, at, signal));
    await meanwhile(scans, () => this.#catchUp(), { interval: followInterval, signal: this.#now.signal });
  }

  async #scanOne(entry: DataEntry, at: ClusterTime, signal: AbortSignal): Promise<void> {
    const { writer, progress } = this.#build;
    signal.throwIfAborted();
    await makeRoomForScan(this.#now.files, progress, signal);
    if (entry.capped) this.#capped.countScan(entry.uuid);
    const result = await scanCollection({ client: this.#now.client, entry, at, writer, progress, signal });
    if (!result?.exact) await this.#extendHorizon();
    this.#scans.end(entry.uuid);
    // Dropped meanwhile: the oplog says so too, and the catalog is read again.
    if (result === null) this.#dirty.add(entry.db);
    else
      this.#layers.setGround(entry.uuid, {
        layers: [result.layer],
        documents: result.layer.documents,
        exact: result.exact || entry.capped,
      });
  }

  async #catchUp(): Promise<void> {
    await this.#collectTo(await majorityOpTime(this.#now.client, this.#now.signal));
  }

  async #collectTo(time: OpTime): Promise<void> {
    const { progress } = this.#build;
    while ((await this.#collector.advance(this.#now.client, time, this.#now.signal)) === 'full') {
      progress.followedTo = this.#collector.position.t;
      const { documents, bytes } = touchedSize(this.#collector, this.#layers, progress);
      progress.expectMore(documents, bytes);
      await this.#readChanges({ level: 'majority' }, null);
      await this.#capped.store(this.#now);
    }
    progress.followedTo = this.#collector.position.t;
  }

  #expectTouched(): void {
    expectTouched(this.#collector, this.#layers, this.#build.progress);
  }

  /** Stores what was touched, reading what must be, and forgets it. With `present`, what belongs to other collections is forgotten unread: those are gone. */
  async #readChanges(
    readConcern: { level: string; atClusterTime?: unknown },
    present: ReadonlySet<string> | null,
  ): Promise<void> {
    const { writer, progress } = this.#build;
    const { signal } = this.#now;
    const transactions = present !== null && this.#now.transactions !== null;
    const client = (transactions ? this.#now.transactions : null) ?? this.#now.client;
    const queriesAtOnce = Math.max(1, Math.floor(changeReadsAtOnce / this.#collector.changes.size));
    await concurrently([...this.#collector.changes], changeReadsAtOnce, async ([uuid, touched]) => {
      // Read at the position itself, or not at all.
      const exact = (present !== null && !transactions) || touched.unknown === 0;
      if (present !== null && !present.has(uuid)) return this.#collector.settle(uuid, { exact });
      try {
        const options = { client, touched, uuid, queriesAtOnce, readConcern, transactions, writer, progress, signal };
        const layer = await readChanges(options);
        // If the member is lost before we know how far it was, the layer does not count.
        if (touched.unknown > 0) await this.#extendHorizon();
        if (layer === null) this.#scans.demand(uuid);
        else this.#layers.addChanges(uuid, layer);
      } catch (error) {
        if (present !== null || serverErrorCode(error) !== 26) throw error;
      }
      this.#collector.settle(uuid, { exact });
    });
  }

  /** Makes one layer, in order, of each capped collection that was written to. False if one of them must be scanned again. */
  async #finishCapped(): Promise<boolean> {
    await this.#capped.store(this.#now);
    for (const { uuid, capped } of this.#dataEntries()) if (capped) await this.#capped.merge(uuid, this.#now);
    return this.#collectionsToScan().length === 0;
  }

  /** What was read until now was read as it was at some time up to the member's newest. */
  async #extendHorizon(): Promise<void> {
    this.#horizon = later(this.#horizon, await appliedOpTime(this.#now.client, this.#now.signal));
  }

  /** null where we may not ask, which the notes then tell. */
  async #openTransactions(): Promise<OpenTransactions | null> {
    const open = await askOpenTransactions(this.#now.client, this.#now.signal);
    if (open === null)
      this.#notes.add('The connection may not read config.transactions: nothing can be replayed on this backup.');
    return open;
  }

  #result({ time, oplogAfter }: Pick<BuiltImage, 'time' | 'oplogAfter'>): BuiltImage {
    const entries = [...this.#catalog.values()].flatMap(({ entries: all }) => all);
    return {
      time,
      oplogAfter,
      collections: this.#dataEntries().map((entry) => this.#layers.imageOf(entry, this.#collector.deltas.get(entry.uuid) ?? 0)),
      views: viewImages(entries),
      notes: [...this.#notes, ...this.#scans.notes],
      oplogEntriesRead: this.#collector.entriesRead,
    };
  }
}
