import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { pointBefore } from '../../core/oplog-archive.ts';
import type { ClusterTime, CollectionImage, LayerRef, Manifest, OpTime, ViewImage } from '../../core/image.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { toTimestamp } from '../../mongo/cluster-time.ts';
import { earliestCatalogTime, readCatalog, readInOtherTerm, staleAfter } from '../../mongo/collection-catalog.ts';
import type { CatalogEntry, CollectionCatalog } from '../../mongo/collection-catalog.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { appliedOpTime, majorityOpTime } from '../../mongo/members.ts';
import { oldestOpenTransaction } from '../../mongo/open-transactions.ts';
import { proveContinuity } from '../../mongo/read-oplog.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import { cappedLimit } from '../capped-limit.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { ChangeCollector, reaches } from './change-collector.ts';
import { expectScans } from './expect-scans.ts';
import { mergeCapped } from './merge-capped.ts';
import { readChanges } from './read-changes.ts';
import { scanCollection } from './scan-collection.ts';
import type { Source } from './source.ts';
import { viewImages } from './view-images.ts';

/** Collections scanned, and queries for changed documents, at the same time. */
const scansAtOnce = 2;
const changeReadsAtOnce = 4;
/** The oplog is followed at least this often while collections are scanned, so that it cannot roll over under a long scan. Milliseconds. */
const followInterval = 1000;
/** More touched documents than this are read in a round of their own before the final one, which must fit into the snapshot window. */
const finalRoundIds = 20_000;
/** Rounds after which the final one is tried with whatever is left: the source is written to faster than we can shrink it. */
const mostRounds = 20;
/** A new T is tried at least so often, and for so long (milliseconds), before we give up: on a slow machine tries are few, on a fast one short. */
const leastAttempts = 40;
const leastTrying = 180_000;
/** How often a capped collection is scanned again because its entries were unclear. */
const mostCappedScans = 8;
/** Documents and removals above the scan of a capped collection that are merged with it before there are more: what merging takes in memory. */
const mostCappedChanges = 1_000_000;
/** How long the set may take to commit what one of its members has applied. Milliseconds. */
const commitWait = 60_000;

/**
 * Errors of the final round that cost a new T: dropped, killed, snapshot too old or not to be had (design section 4), and of the
 * transactions it takes on 4.4 a lock not given, a write conflict, a life too long.
 */
const newTimeCodes = new Set([24, 26, 72, 112, 175, 239, 246, 251]);

/** The member that is being read, and the signal that ends reading it: cancelled, or lost. */
interface Member {
  readonly client: MongoClient;
  /** Whom to ask for documents at a cluster time instead, in transactions; null where that is the member itself. */
  readonly transactions: MongoClient | null;
  /** True if it removes what does not fit into a capped collection without an entry in the oplog. */
  readonly evictsSilently: boolean;
  readonly signal: AbortSignal;
}

interface OpenTransactions {
  readonly askedAt: OpTime;
  readonly oldest: ClusterTime | null;
}

/** The server's error for what the roles do not allow. */
const notAuthorized = 13;

type DataEntry = CatalogEntry & { readonly uuid: string };

/** What is known of a collection before its changes: the layers below them and the documents these hold. */
interface Ground {
  readonly layers: readonly LayerRef[];
  readonly documents: number;
  readonly exact: boolean;
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
  readonly #grounds = new Map<string, Ground>();
  readonly #changeLayers = new Map<string, LayerRef[]>();
  /** Databases whose catalog must be read again, and collections whose indexes must. */
  readonly #dirty = new Set<string>();
  readonly #staleIndexes = new Set<string>();
  readonly #cappedScans = new Map<string, number>();
  readonly #demandedScans = new Set<string>();
  readonly #notes = new Set<string>();
  /** Collections whose scan has begun and not ended. */
  readonly #scanning = new Set<string>();
  #catalog: CollectionCatalog = new Map();
  /** Nothing was read as it was after this: an image of an earlier time would hold documents of its future. */
  #horizon: ClusterTime = { t: 0, i: 0 };
  #member: Member | null = null;

  constructor(build: BuildImage) {
    this.#build = build;
    for (const image of build.base?.collections ?? []) {
      // Up to 4.4 a capped collection loses documents that no oplog entry names.
      if (!image.capped)
        this.#grounds.set(image.uuid, { layers: image.layers, documents: image.documents, exact: image.documentsExact });
    }
    this.#collector = new ChangeCollector(build.start, (db, uuid, time) => {
      const { database, indexes } = staleAfter(this.#catalog, db, uuid, time);
      if (database) this.#dirty.add(db);
      for (const each of indexes) this.#staleIndexes.add(each);
    });
  }

  /** Builds on `source`, from where an earlier run got to. Once it has resolved there is nothing more to run. */
  async run(source: Source): Promise<BuiltImage> {
    const { progress } = this.#build;
    const { client, transactions, lost } = source;
    const evictsSilently = !logsEvictions(source);
    const arrived = { client, transactions, evictsSilently, signal: AbortSignal.any([this.#build.signal, lost]) };
    const isAnother = this.#member !== null;
    this.#member = arrived;
    if (isAnother) await this.#takeUp(arrived);
    progress.phase('reading the catalog');
    this.#dirty.clear();
    this.#staleIndexes.clear();
    this.#catalog = await readCatalog(client, arrived.signal);
    for (const { uuid } of this.#dataEntries()) {
      if (!this.#grounds.has(uuid) && !this.#collector.discoveries.created.has(uuid)) this.#collector.ignored.add(uuid);
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
    await this.#timeAfter(this.#collector.position);
    await proveContinuity(client, this.#collector.position, signal);
    for (const uuid of this.#scanning) this.#demandedScans.add(uuid);
    this.#scanning.clear();
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
      const time = await this.#timeAfter(later(later(earliestCatalogTime(this.#catalog), this.#horizon), earliest));
      await this.#collectTo(time);
      // What was read of the catalog in another term may have been rolled back since.
      for (const db of readInOtherTerm(this.#catalog, time.term)) this.#dirty.add(db);
      if (this.#collector.pendingIds > finalRoundIds && rounds < mostRounds) {
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
        return { time, oplogAfter: this.#oplogAfter(time, open) };
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
      const code = serverErrorCode(error);
      if (code !== null && newTimeCodes.has(code)) return false;
      throw error;
    }
    return this.#collectionsToScan().length === 0;
  }

  #dataEntries(): readonly DataEntry[] {
    return [...this.#catalog.values()].flatMap(({ entries }) =>
      entries.filter((entry): entry is DataEntry => entry.uuid !== null),
    );
  }

  /** Collections that neither the base, nor a scan, nor the oplog alone accounts for. */
  #collectionsToScan(): readonly DataEntry[] {
    const { created, mustScan, unclear } = this.#collector.discoveries;
    for (const what of unclear)
      this.#notes.add(`The oplog held something not understood (${what}); what it may concern was scanned.`);
    const demanded = ({ db, uuid }: DataEntry): boolean =>
      mustScan.everything || mustScan.databases.has(db) || mustScan.uuids.has(uuid) || this.#demandedScans.has(uuid);
    const wanted = this.#dataEntries().filter((entry) => {
      if (entry.capped) return !this.#grounds.has(entry.uuid) || demanded(entry) || this.#cappedIsUnclear(entry);
      return (
        demanded(entry) ||
        (!this.#grounds.has(entry.uuid) && (!created.has(entry.uuid) || this.#collector.ignored.has(entry.uuid)))
      );
    });
    this.#collector.acceptScanDemands();
    for (const { uuid } of wanted) this.#demandedScans.add(uuid);
    return wanted;
  }

  #cappedIsUnclear({ db, name, uuid }: DataEntry): boolean {
    if (this.#collector.capped.get(uuid)?.unclear !== true) return false;
    if ((this.#cappedScans.get(uuid) ?? 0) < mostCappedScans) return true;
    this.#notes.add(
      `The capped collection ${db}.${name} was updated in ways that the oplog does not tell well enough: some of its documents are as they were shortly before the cluster time of the backup, not at it.`,
    );
    return false;
  }

  /** Scans collections as they are at the collector's position, following the oplog meanwhile. */
  async #scan(entries: readonly DataEntry[]): Promise<void> {
    const at = this.#collector.position;
    for (const { uuid, capped } of entries) {
      if (capped) this.#collector.startOverCapped(uuid);
      else this.#collector.startOver(uuid);
      this.#changeLayers.delete(uuid);
      this.#grounds.delete(uuid);
      this.#demandedScans.delete(uuid);
      this.#scanning.add(uuid);
    }
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#now.signal, stop.signal]);
    let scanning = true;
    const scans = concurrently(entries, scansAtOnce, (entry) => this.#scanOne(entry, at, signal)).finally(
      () => (scanning = false),
    );
    const ended = scans.catch(() => undefined);
    try {
      while (scanning) {
        await Promise.race([ended, delay(followInterval, undefined, { signal })]);
        if (scanning) await this.#catchUp();
      }
    } finally {
      stop.abort();
      await ended;
    }
    await scans;
  }

  async #scanOne(entry: DataEntry, at: ClusterTime, signal: AbortSignal): Promise<void> {
    const { writer, progress } = this.#build;
    signal.throwIfAborted();
    if (entry.capped) this.#cappedScans.set(entry.uuid, (this.#cappedScans.get(entry.uuid) ?? 0) + 1);
    const result = await scanCollection({ client: this.#now.client, entry, at, writer, progress, signal });
    if (!result?.exact) await this.#extendHorizon();
    this.#scanning.delete(entry.uuid);
    // Dropped meanwhile: the oplog says so too, and the catalog is read again.
    if (result === null) this.#dirty.add(entry.db);
    else
      this.#grounds.set(entry.uuid, {
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
      const { documents, bytes } = this.#touchedSize();
      progress.expectMore(documents, bytes);
      await this.#readChanges({ level: 'majority' }, null);
      await this.#storeCapped();
    }
    progress.followedTo = this.#collector.position.t;
  }

  /** All that was expected before has been read by now. */
  #expectTouched(): void {
    const { documents, bytes } = this.#touchedSize();
    this.#build.progress.settle();
    this.#build.progress.expect(documents, bytes);
  }

  /** What is waiting to be read again, with documents as large as those of the same collection were. */
  #touchedSize(): { documents: number; bytes: number } {
    const { progress } = this.#build;
    const usual = progress.documents === 0 ? 0 : progress.bytes / progress.documents;
    let bytes = 0;
    for (const [uuid, { ids }] of this.#collector.changes) {
      const held = this.#grounds.get(uuid)?.layers.find((layer) => layer.documents > 0);
      bytes += ids.size * (held === undefined ? usual : held.bytes / held.documents);
    }
    return { documents: this.#collector.pendingIds, bytes: Math.round(bytes) };
  }

  /** Reads what was touched and forgets it. With `present`, what belongs to other collections is forgotten unread: those are gone. */
  async #readChanges(
    readConcern: { level: string; atClusterTime?: unknown },
    present: ReadonlySet<string> | null,
  ): Promise<void> {
    const { writer, progress } = this.#build;
    const { signal } = this.#now;
    const transactions = present !== null && this.#now.transactions !== null;
    const client = (transactions ? this.#now.transactions : null) ?? this.#now.client;
    const queriesAtOnce = Math.max(1, Math.floor(changeReadsAtOnce / this.#collector.changes.size));
    await concurrently([...this.#collector.changes], changeReadsAtOnce, async ([uuid, { db, ids }]) => {
      if (present !== null && !present.has(uuid)) return this.#collector.settle(uuid);
      try {
        const layer = await readChanges({
          client,
          db,
          uuid,
          ids,
          queriesAtOnce,
          readConcern,
          transactions,
          writer,
          progress,
          signal,
        });
        // If the member is lost before we know how far it was, the layer does not count.
        await this.#extendHorizon();
        if (layer === null) this.#demandedScans.add(uuid);
        else this.#layersOf(uuid).push(layer);
      } catch (error) {
        if (present !== null || serverErrorCode(error) !== 26) throw error;
      }
      this.#collector.settle(uuid);
    });
  }

  /** Stores what came and went in capped collections and forgets it. */
  async #storeCapped(): Promise<void> {
    for (const [uuid, { removals, documents }] of this.#collector.takeCappedPortions()) {
      const layer = this.#build.writer.beginLayer('changes');
      await layer.addRemovals(removals);
      await layer.addDocuments(documents);
      const layers = this.#layersOf(uuid);
      layers.push(await layer.finish());
      const touched = layers.reduce((sum, each) => sum + each.documents + each.removals, 0);
      if (touched > mostCappedChanges && this.#grounds.has(uuid)) await this.#mergeCapped(uuid);
    }
  }

  /** Makes one layer, in order, of each capped collection that was written to. False if one of them must be scanned again. */
  async #finishCapped(): Promise<boolean> {
    await this.#storeCapped();
    for (const { uuid, capped } of this.#dataEntries()) if (capped) await this.#mergeCapped(uuid);
    return this.#collectionsToScan().length === 0;
  }

  async #mergeCapped(uuid: string): Promise<void> {
    const ground = this.#grounds.get(uuid);
    const changes = this.#collector.capped.get(uuid);
    const above = this.#changeLayers.get(uuid) ?? [];
    if (ground === undefined || changes === undefined || (above.length === 0 && !changes.hasPatches)) return;
    const entry = this.#dataEntries().find((each) => each.uuid === uuid);
    const { repository, writer } = this.#build;
    const { signal, evictsSilently } = this.#now;
    const limit = entry !== undefined && evictsSilently ? cappedLimit(entry.options) : null;
    const layer = await mergeCapped({ repository, writer, layers: [...ground.layers, ...above], changes, limit, signal });
    changes.forgetPatches();
    this.#changeLayers.delete(uuid);
    this.#grounds.set(uuid, { layers: [layer], documents: layer.documents, exact: true });
  }

  #layersOf(uuid: string): LayerRef[] {
    const layers = this.#changeLayers.get(uuid) ?? [];
    this.#changeLayers.set(uuid, layers);
    return layers;
  }

  /** What was read until now was read as it was at some time up to the member's newest. */
  async #extendHorizon(): Promise<void> {
    this.#horizon = later(this.#horizon, await appliedOpTime(this.#now.client, this.#now.signal));
  }

  /** The newest majority-committed time, once that is not before `earliest`. */
  async #timeAfter(earliest: ClusterTime): Promise<OpTime> {
    const { client, signal } = this.#now;
    const deadline = AbortSignal.timeout(commitWait);
    for (;;) {
      const time = await majorityOpTime(client, signal);
      if (reaches(time, earliest)) return time;
      if (deadline.aborted) {
        throw new LarderError('capture-failed', 'The replica set does not commit its writes to a majority of its members.', {
          retryable: true,
          details: { elsewhere: true },
        });
      }
      await delay(50, undefined, { signal });
    }
  }

  /** The oldest transaction open now, and a time before now: the entries of those that begin later are collected. null where we may not ask. */
  async #openTransactions(): Promise<OpenTransactions | null> {
    const { client, signal } = this.#now;
    const askedAt = await majorityOpTime(client, signal);
    try {
      return { askedAt, oldest: await oldestOpenTransaction(client, signal) };
    } catch (error) {
      if (serverErrorCode(error) !== notAuthorized) throw error;
      this.#notes.add('The connection may not read config.transactions: nothing can be replayed on this backup.');
      return null;
    }
  }

  /** Just before the first entry of whatever transaction is open at `time`; `time` itself if none is. */
  #oplogAfter(time: OpTime, open: OpenTransactions | null): ClusterTime | null {
    if (open === null) return null;
    const starts = [open.oldest, this.#collector.earliestOpenPart(open.askedAt)].filter((start) => start !== null);
    return starts.map(pointBefore).reduce((a, b) => (reaches(a, b) ? b : a), { t: time.t, i: time.i });
  }

  #result({ time, oplogAfter }: Pick<BuiltImage, 'time' | 'oplogAfter'>): BuiltImage {
    const entries = [...this.#catalog.values()].flatMap(({ entries: all }) => all);
    return {
      time,
      oplogAfter,
      collections: entries.filter((entry): entry is DataEntry => entry.uuid !== null).map((entry) => this.#image(entry)),
      views: viewImages(entries),
      notes: [...this.#notes],
      oplogEntriesRead: this.#collector.entriesRead,
    };
  }

  #image(entry: DataEntry): CollectionImage {
    const ground = this.#grounds.get(entry.uuid) ?? { layers: [], documents: 0, exact: true };
    const layers = [...ground.layers, ...(this.#changeLayers.get(entry.uuid) ?? [])].filter(
      (layer) => layer.documents + layer.removals > 0,
    );
    // The layer of a capped collection is the count.
    const documents = Math.max(0, ground.documents + (entry.capped ? 0 : (this.#collector.deltas.get(entry.uuid) ?? 0)));
    const held = layers.reduce((sum, layer) => sum + layer.documents, 0);
    const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
    return {
      db: entry.db,
      name: entry.name,
      uuid: entry.uuid,
      capped: entry.capped,
      options: entry.options.toString('base64'),
      indexes: entry.indexes.map((index) => index.toString('base64')),
      documents,
      documentsExact: ground.exact,
      bytes: held === 0 ? 0 : Math.round((bytes * documents) / held),
      layers,
    };
  }
}

/** From 5.0 on what falls off the front of a capped collection is an entry of the oplog like any other removal. */
function logsEvictions({ serverVersion, featureCompatibilityVersion }: Source): boolean {
  return Number.parseInt(serverVersion, 10) >= 5 && !featureCompatibilityVersion.startsWith('4.');
}

function later(a: ClusterTime, b: ClusterTime): ClusterTime {
  return reaches(a, b) ? a : b;
}
