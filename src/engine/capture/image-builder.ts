import { setTimeout as delay } from 'node:timers/promises';
import { LarderError } from '../../core/errors.ts';
import type { ClusterTime, CollectionImage, LayerRef, Manifest, ViewImage } from '../../core/image.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { toTimestamp } from '../../mongo/cluster-time.ts';
import { earliestCatalogTime, isAfterRead, readCatalog } from '../../mongo/collection-catalog.ts';
import type { CatalogEntry, CollectionCatalog } from '../../mongo/collection-catalog.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import type { OpTime } from '../../mongo/members.ts';
import type { RepositoryWriter } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { ChangeCollector, reaches } from './change-collector.ts';
import { readChanges } from './read-changes.ts';
import { scanCollection } from './scan-collection.ts';
import type { Source } from './source.ts';

/** Collections scanned, or read for changes, at the same time. */
const scansAtOnce = 2;
const changeReadsAtOnce = 4;
/** The oplog is followed at least this often while collections are scanned, so that it cannot roll over under a long scan. Milliseconds. */
const followInterval = 1000;
/** More touched documents than this are read in a round of their own before the final one, which must fit into the snapshot window. */
const finalRoundIds = 20_000;
/** Rounds after which the final one is tried with whatever is left: the source is written to faster than we can shrink it. */
const mostRounds = 20;
/** How often a new T is tried before we give up, and how often a capped collection is read again because it was written to. */
const mostAttempts = 40;
const mostCappedReads = 8;
/** How long the set may take to commit what one of its members has applied. Milliseconds. */
const commitWait = 60_000;

/** Errors of the final round that cost a new T: dropped, killed, snapshot too old or not to be had (design section 4). */
const newTimeCodes = new Set([26, 72, 175, 239, 246]);

type DataEntry = CatalogEntry & { readonly uuid: string };

/** What is known of a collection before its changes: the layers below them and the documents these hold. */
interface Ground {
  readonly layers: readonly LayerRef[];
  readonly documents: number;
  readonly exact: boolean;
}

export interface BuiltImage {
  readonly time: OpTime;
  readonly collections: readonly CollectionImage[];
  readonly views: readonly ViewImage[];
  readonly notes: readonly string[];
  readonly oplogEntriesRead: number;
}

export interface BuildImage {
  readonly source: Source;
  readonly writer: RepositoryWriter;
  /** The image to build on, whose time the oplog still reaches; null to scan everything. */
  readonly base: Manifest | null;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/** Builds the image of the source at one cluster time: design section 4, steps 1 to 4. Server errors pass through. */
export async function buildImage(build: BuildImage): Promise<BuiltImage> {
  return new ImageBuilder(build, await startOf(build)).run();
}

async function startOf({ source, base, signal }: BuildImage): Promise<OpTime> {
  return base === null ? majorityOpTime(source.client, signal) : { ...base.clusterTime, term: base.term };
}

class ImageBuilder {
  readonly #build: BuildImage;
  readonly #collector: ChangeCollector;
  readonly #grounds = new Map<string, Ground>();
  readonly #changeLayers = new Map<string, LayerRef[]>();
  readonly #dirty = new Set<string>();
  readonly #cappedReads = new Map<string, number>();
  readonly #demandedScans = new Set<string>();
  readonly #notes = new Set<string>();
  #catalog: CollectionCatalog = new Map();

  constructor(build: BuildImage, start: OpTime) {
    this.#build = build;
    this.#collector = new ChangeCollector(build.source.client, start, (db, time) => {
      if (isAfterRead(this.#catalog, db, time)) this.#dirty.add(db);
    });
  }

  async run(): Promise<BuiltImage> {
    const { base, progress, signal, source } = this.#build;
    progress.phase('reading the catalog');
    this.#catalog = await readCatalog(source.client, signal);
    for (const image of base?.collections ?? []) {
      // A capped collection loses documents that no oplog entry names.
      if (!image.capped)
        this.#grounds.set(image.uuid, { layers: image.layers, documents: image.documents, exact: image.documentsExact });
    }
    for (const { uuid, capped } of this.#dataEntries()) {
      if (capped) this.#collector.whole.add(uuid);
      if (!this.#grounds.has(uuid)) this.#collector.ignored.add(uuid);
    }
    progress.phase('reading the oplog');
    await this.#catchUp();
    const time = await this.#settle();
    return this.#result(time);
  }

  /** Tries one T after the other until catalog, collections and changes are all known as they were at it. */
  async #settle(): Promise<OpTime> {
    const { progress, signal, source } = this.#build;
    let rounds = 0;
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const missing = this.#collectionsToScan();
      if (missing.length > 0) {
        progress.phase('scanning');
        await this.#scan(missing);
      }
      progress.phase('catching up');
      const time = await this.#timeAfter(earliestCatalogTime(this.#catalog));
      await this.#collectTo(time);
      if (this.#collector.pendingIds > finalRoundIds && rounds < mostRounds) {
        await this.#readChanges({ level: 'majority' }, null);
        rounds++;
        attempt--;
        continue;
      }
      if (this.#dirty.size > 0) {
        const dirty = new Set(this.#dirty);
        this.#dirty.clear();
        this.#catalog = await readCatalog(source.client, signal, { catalog: this.#catalog, dirty });
        continue;
      }
      if (this.#collectionsToScan().length > 0) continue;
      progress.phase('final round');
      if (await this.#finalRound(time)) return time;
    }
    throw new LarderError(
      'capture-failed',
      `Collections were created, dropped or renamed so often that no moment could be found at which all could be read (${mostAttempts} tried).`,
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
      if (entry.capped) return !this.#grounds.has(entry.uuid) || demanded(entry) || this.#cappedIsStale(entry);
      return (
        demanded(entry) ||
        (!this.#grounds.has(entry.uuid) && (!created.has(entry.uuid) || this.#collector.ignored.has(entry.uuid)))
      );
    });
    this.#collector.acceptScanDemands();
    for (const { uuid } of wanted) this.#demandedScans.add(uuid);
    return wanted;
  }

  #cappedIsStale({ db, name, uuid }: DataEntry): boolean {
    if (!this.#collector.touchedWhole.has(uuid)) return false;
    if ((this.#cappedReads.get(uuid) ?? 0) < mostCappedReads) return true;
    this.#notes.add(
      `The capped collection ${db}.${name} was written to without pause: it is as it was shortly before the cluster time of the backup, not at it.`,
    );
    return false;
  }

  /** Scans collections as they are at the collector's position, following the oplog meanwhile. */
  async #scan(entries: readonly DataEntry[]): Promise<void> {
    const at = this.#collector.position;
    for (const { uuid, capped } of entries) {
      if (capped) this.#collector.whole.add(uuid);
      this.#collector.startOver(uuid);
      this.#changeLayers.delete(uuid);
      this.#demandedScans.delete(uuid);
    }
    await this.#expect(entries);
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#build.signal, stop.signal]);
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
    const { source, writer, progress } = this.#build;
    signal.throwIfAborted();
    if (entry.capped) this.#cappedReads.set(entry.uuid, (this.#cappedReads.get(entry.uuid) ?? 0) + 1);
    const result = await scanCollection({ client: source.client, entry, at, writer, progress, signal });
    // Dropped meanwhile: the oplog says so too, and the catalog is read again.
    if (result === null) this.#dirty.add(entry.db);
    else
      this.#grounds.set(entry.uuid, {
        layers: [result.layer],
        documents: result.layer.documents,
        exact: result.exact || entry.capped,
      });
  }

  /** Adds what the scans will probably read to the progress. Metadata counts are good enough for that, and only for that. */
  async #expect(entries: readonly DataEntry[]): Promise<void> {
    const { source, progress, signal } = this.#build;
    await concurrently(entries, changeReadsAtOnce, async ({ db, name }) => {
      const stats = await source.client
        .db(db)
        .command({ collStats: name }, { signal })
        .catch(() => null);
      if (stats !== null) progress.expect(Number(stats['count'] ?? 0), Number(stats['size'] ?? 0));
    });
  }

  async #catchUp(): Promise<void> {
    await this.#collectTo(await majorityOpTime(this.#build.source.client, this.#build.signal));
  }

  async #collectTo(time: OpTime): Promise<void> {
    while ((await this.#collector.advance(time, this.#build.signal)) === 'full')
      await this.#readChanges({ level: 'majority' }, null);
  }

  /** Reads what was touched and forgets it. With `present`, what belongs to other collections is forgotten unread: those are gone. */
  async #readChanges(
    readConcern: { level: string; atClusterTime?: unknown },
    present: ReadonlySet<string> | null,
  ): Promise<void> {
    const { source, writer, progress, signal } = this.#build;
    await concurrently([...this.#collector.changes], changeReadsAtOnce, async ([uuid, { db, ids }]) => {
      if (present !== null && !present.has(uuid)) return this.#collector.settle(uuid);
      try {
        const layer = await readChanges({ client: source.client, db, uuid, ids, readConcern, writer, progress, signal });
        if (layer === null) this.#demandedScans.add(uuid);
        else this.#layersOf(uuid).push(layer);
      } catch (error) {
        if (present !== null || serverErrorCode(error) !== 26) throw error;
      }
      this.#collector.settle(uuid);
    });
  }

  #layersOf(uuid: string): LayerRef[] {
    const layers = this.#changeLayers.get(uuid) ?? [];
    this.#changeLayers.set(uuid, layers);
    return layers;
  }

  /** The newest majority-committed time, once that is not before `earliest`. */
  async #timeAfter(earliest: ClusterTime): Promise<OpTime> {
    const { source, signal } = this.#build;
    const deadline = AbortSignal.timeout(commitWait);
    for (;;) {
      const time = await majorityOpTime(source.client, signal);
      if (reaches(time, earliest)) return time;
      if (deadline.aborted) {
        throw new LarderError('capture-failed', 'The replica set does not commit its writes to a majority of its members.', {
          retryable: true,
        });
      }
      await delay(50, undefined, { signal });
    }
  }

  #result(time: OpTime): BuiltImage {
    const entries = [...this.#catalog.values()].flatMap(({ entries: all }) => all);
    return {
      time,
      collections: entries.filter((entry): entry is DataEntry => entry.uuid !== null).map((entry) => this.#image(entry)),
      views: entries
        .filter((entry) => entry.type !== 'collection')
        .map(({ db, name, type, options, indexes }) => ({
          db,
          name,
          type: type === 'timeseries' ? 'timeseries' : 'view',
          options: options.toString('base64'),
          indexes: indexes.map((index) => index.toString('base64')),
        })),
      notes: [...this.#notes],
      oplogEntriesRead: this.#collector.entriesRead,
    };
  }

  #image(entry: DataEntry): CollectionImage {
    const ground = this.#grounds.get(entry.uuid) ?? { layers: [], documents: 0, exact: true };
    const layers = [...ground.layers, ...(this.#changeLayers.get(entry.uuid) ?? [])].filter(
      (layer) => layer.documents + layer.removals > 0,
    );
    // A capped collection is scanned whole; its layer is the count.
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
