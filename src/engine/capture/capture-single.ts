import { setTimeout as delay } from 'node:timers/promises';
import type { Document, MongoClient } from 'mongodb';
import { UUID } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, LayerRef, Manifest, ViewImage } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { readCatalog } from '../../mongo/collection-catalog.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import { connect, serverErrorCode } from '../../mongo/connect.ts';
import { lockServer } from '../../mongo/fsync-lock.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { CaptureSummary, CaptureTask, TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { captureError } from './capture-error.ts';
import { definitionOf } from './definition-of.ts';
import { expectScans } from './expect-scans.ts';
import { manifestOf, summarize } from './manifest-of.ts';
import { megabyte, Pace } from './pace.ts';
import { makeRoomForScan, sourceFiles } from './source-files.ts';
import { viewImages } from './view-images.ts';
import { watchMember } from './watch-member.ts';

/** Collections scanned at the same time. */
const scansAtOnce = 2;
/** How often one collection is read from its beginning again because its cursor was lost. */
const mostScans = 5;
/** Between two scans of a collection whose cursor was killed, milliseconds. */
const scanPause = 100;
/** Collections that appeared while others were read are looked for at least so often, and for so long (milliseconds). */
const leastRounds = 10;
const leastLooking = 180_000;

const namespaceNotFound = 26;
/** The hint names an index that the collection does not have. */
const badValue = 2;
const cursorLostCodes = new Set([43, 136, 175, 237, 280, 290, 11601]);

/** Said in every backup that is a fuzzy copy. */
const fuzzyNote =
  'A single server without an oplog, read while clients may have written: every document is as it was at some moment during the backup, not all at the same one, and a unique index may not fit them.';

type DataEntry = CatalogEntry & { readonly uuid: string };

interface Scanned {
  readonly collections: readonly CollectionImage[];
  readonly views: readonly ViewImage[];
}

interface Reading {
  readonly client: MongoClient;
  readonly writer: RepositoryWriter;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/**
 * Takes an image of a server without an oplog and commits it as a backup. Everything is scanned; blocks that are stored already are not
 * stored again. With `task.lock` nobody can write meanwhile and the image is `locked`; else it is a fuzzy copy (`none`): each
 * document is as it was at some moment of the scan, and nothing says that all were so at the same one. Throws LarderError, and
 * then nothing refers to what was stored and the lock is gone, or will be once the server answers.
 */
export async function captureSingle(
  task: CaptureTask,
  context: TaskContext,
  { repository, clock }: { readonly repository: ProjectRepository; readonly clock: Clock },
): Promise<CaptureSummary> {
  const { signal } = context;
  const startedAt = clock.now();
  const limit = task.rateMbPerS === undefined ? null : task.rateMbPerS * megabyte;
  const pace = new Pace({ clock, limit, signal });
  const progress = new TransferProgress(clock, context.report, pace);
  progress.phase('connecting');
  try {
    await using connection = await connect(task.instance.uri, { signal });
    const source = await describe(connection.client, signal);
    const writer = await repository.beginWrite({ signal });
    try {
      const { client } = connection;
      const reading = { client, writer, progress, signal };
      // While nobody can write, reading more slowly would disturb more.
      await using _watch =
        task.lock === true ? null : watchMember({ client, member: source.member, progress, pace, clock, signal });
      const scanned = task.lock === true ? await scanLocked(reading, task.instance.uri) : await scanAll(reading);
      progress.phase('storing');
      const manifest = manifestOf({
        ...scanned,
        task,
        startedAt,
        clock,
        time: { t: 0, i: 0, term: -1 },
        consistency: task.lock === true ? 'locked' : 'none',
        baseBackupId: null,
        source,
        notes: [...(task.lock === true ? [] : [fuzzyNote]), ...pace.notes],
        oplogEntriesRead: 0,
        progress,
        writer,
      });
      await writer.commit(manifest);
      return summarize(manifest);
    } finally {
      await writer.abandon();
    }
  } catch (error) {
    throw captureError(error, signal);
  }
}

async function describe(client: MongoClient, signal: AbortSignal): Promise<Manifest['source']> {
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 }, { signal });
  if (hello['setName'] !== undefined || hello['msg'] === 'isdbgrid')
    throw new LarderError('instance-unsupported', 'The instance is no single server any more.');
  const { version } = await admin.command({ buildInfo: 1 }, { signal });
  const fcv = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }, { signal }).catch(() => null);
  const [address] = client.options.hosts;
  return {
    setName: '',
    member: address === undefined ? '' : `${address.host}:${address.port}`,
    serverVersion: String(version),
    featureCompatibilityVersion: String(fcv?.['featureCompatibilityVersion']?.version ?? 'unknown'),
  };
}

async function scanLocked(reading: Reading, uri: string): Promise<Scanned> {
  reading.progress.phase('locking the server');
  await using held = await lockServer(uri, reading.signal);
  let scanned: Scanned;
  try {
    scanned = await scanAll({ ...reading, signal: AbortSignal.any([reading.signal, held.ended]) });
  } catch (error) {
    reading.signal.throwIfAborted();
    held.ended.throwIfAborted();
    throw error;
  }
  await held.release();
  return scanned;
}

async function scanAll({ client, writer, progress, signal }: Reading): Promise<Scanned> {
  progress.phase('reading the catalog');
  const layers = new Map<string, LayerRef | null>();
  const files = sourceFiles(client);
  const began = performance.now();
  for (let round = 0; round < leastRounds || performance.now() - began < leastLooking; round++) {
    const catalog = await readCatalog(client, signal);
    const entries = [...catalog.values()].flatMap((database) => database.entries);
    const data = entries.filter((entry): entry is DataEntry => entry.uuid !== null);
    const missing = data.filter(({ uuid }) => !layers.has(uuid));
    if (missing.length === 0) {
      return {
        collections: data.flatMap((entry) => imageOf(entry, layers.get(entry.uuid) ?? null)),
        views: viewImages(entries),
      };
    }
    progress.phase('scanning');
    await expectScans(client, missing, progress, signal);
    await concurrently(missing, scansAtOnce, async (entry) => {
      await makeRoomForScan(files, progress, signal);
      layers.set(entry.uuid, await scan(client, entry, writer, progress, signal));
    });
  }
  throw new LarderError(
    'capture-failed',
    `Collections were created so often that they could not all be read (looked for them for ${leastLooking / 60_000} minutes). A locked backup can.`,
    { retryable: true },
  );
}

/** Nothing for a collection that was dropped while it was read. */
function imageOf(entry: DataEntry, layer: LayerRef | null): readonly CollectionImage[] {
  if (layer === null) return [];
  return [
    {
      ...definitionOf(entry),
      uuid: entry.uuid,
      capped: entry.capped,
      documents: layer.documents,
      documentsExact: true,
      bytes: layer.bytes,
      layers: layer.documents === 0 ? [] : [layer],
    },
  ];
}

/** Reads a collection to its end; null if it is dropped meanwhile. */
async function scan(
  client: MongoClient,
  entry: DataEntry,
  writer: RepositoryWriter,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<LayerRef | null> {
  let hint = hintOf(entry);
  for (let scans = 1; ; scans++) {
    const layer = writer.beginLayer('scan');
    try {
      const command = { find: new UUID(entry.uuid), hint, readConcern: { level: 'local' }, noCursorTimeout: true };
      const onAnswer = progress.answered.bind(progress);
      for await (const batch of readRaw(client.db(entry.db), command, { signal, onAnswer })) {
        await progress.readHeldBack(batch);
        await layer.addDocuments(batch);
      }
      return await layer.finish();
    } catch (error) {
      const code = serverErrorCode(error);
      if (code === namespaceNotFound) return null;
      if (code === badValue && '_id' in hint) hint = { $natural: 1 };
      else if (code === null || !cursorLostCodes.has(code)) throw error;
      else if (!(await exists(client, entry, signal))) return null;
      else if (scans === mostScans) throw error;
      else await delay(scanPause, undefined, { signal });
    }
  }
}

/** While a collection is being dropped its cursors are killed before a search for its UUID says that it is gone. */
async function exists(client: MongoClient, { db, uuid }: DataEntry, signal: AbortSignal): Promise<boolean> {
  const found = await client
    .db(db)
    .listCollections({ 'info.uuid': new UUID(uuid) }, { signal })
    .toArray();
  return found.length > 0;
}

/**
 * In the order of `_id`, which never changes: a document that is deleted and inserted again while a scan in natural order goes on
 * is met twice (pitfalls S1), and no oplog says so. Clustered and time-series collections have that order by nature.
 */
function hintOf({ capped, indexes }: DataEntry): Document {
  const hasIdIndex = indexes.some((index) => index.includes('_id_\0', 0, 'latin1'));
  return capped || !hasIdIndex ? { $natural: 1 } : { _id: 1 };
}
