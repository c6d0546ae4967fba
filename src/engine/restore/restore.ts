import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, Manifest } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { MultisetHash } from '../../lib/multiset-hash.ts';
import { listUserDatabases } from '../../mongo/collection-catalog.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { RawInserter } from '../../mongo/raw-insert.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { RestoreSummary, RestoreTask, TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { buildIndexes, createCollection, createTimeSeries, createViews, isBuckets, startExpiry } from './definitions.ts';
import { holdsUsersOrRoles, restoreUsers } from './restore-users.ts';
import { adminCollections, openTarget } from './target.ts';
import type { Target } from './target.ts';
import { verifyDefinitions, verifyDocuments } from './verify.ts';
import type { Expectation } from './verify.ts';

/** Collections filled, indexed or read back at the same time, and inserts under way for each. */
const collectionsAtOnce = 2;
const insertsAtOnce = 3;

export interface RestoreDependencies {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
}

/**
 * Makes the target hold what the backup holds, and proves it: options, data, indexes, comparison with the image, then what deletes
 * by age, views, users (pitfalls R5; nothing expires before it was compared). Throws LarderError; the target is then incomplete and
 * the same call repeated starts over.
 */
export async function restore(
  task: RestoreTask,
  context: TaskContext,
  { repository, clock }: RestoreDependencies,
): Promise<RestoreSummary> {
  const progress = new TransferProgress(clock, context.report);
  progress.phase('connecting');
  try {
    const manifest = await repository.readManifest(task.backupId);
    await using target = await openTarget(task.target.uri, manifest, task.overwrite, context.signal);
    return await fill(target, manifest, repository, progress, context.signal);
  } catch (error) {
    if (context.signal.aborted)
      throw new LarderError('cancelled', 'The restore was cancelled; the target is incomplete.', { cause: error });
    throw translateMongoError(error, 'restore-failed', 'The backup could not be restored');
  }
}

async function fill(
  target: Target,
  manifest: Manifest,
  repository: ProjectRepository,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<RestoreSummary> {
  const { client } = target;
  const users = manifest.collections.filter((image) => holdsUsersOrRoles(image));
  const collections = manifest.collections.filter((image) => !holdsUsersOrRoles(image));
  const timeSeries = manifest.views.filter(({ type }) => type === 'timeseries');
  const expectations: Expectation[] = [];
  progress.phase('checking the backup');
  // Before anything is dropped: a backup that cannot be read to its last byte must not cost the data it was to replace.
  await concurrently(largestFirst(collections), collectionsAtOnce, async (image) => {
    expectations.push({ image, hash: await hashOfImage(repository, image, signal) });
  });
  for (const image of users) await hashOfImage(repository, image, signal);
  // Everything goes once into the target and once back.
  progress.expect(2 * sum(expectations, ({ hash }) => hash.documents), 2 * sum(expectations, ({ hash }) => hash.bytes));

  progress.phase('emptying the target');
  await emptyTarget(client, signal);
  progress.phase('restoring documents');
  for (const view of timeSeries) await createTimeSeries(client, view, signal);
  await concurrently(largestFirst(collections), collectionsAtOnce, async (image) => {
    if (!isBuckets(image.name)) await createCollection(client, image, signal);
    await insertDocuments(client, image, repository, progress, signal);
  });
  const indexed = [...collections.filter(({ name }) => !isBuckets(name)), ...timeSeries];
  progress.phase('building indexes');
  await concurrently(indexed, collectionsAtOnce, (image) => buildIndexes(client, image, 'other', signal));
  progress.phase('comparing');
  await concurrently(expectations, collectionsAtOnce, (expectation) => verifyDocuments(client, expectation, progress, signal));
  progress.phase('finishing');
  await createViews(client, manifest.views, signal);
  for (const image of indexed) await startExpiry(client, image, signal);
  await concurrently(indexed, collectionsAtOnce, (image) => buildIndexes(client, image, 'expiring', signal));
  await verifyDefinitions(client, collections, manifest.views, signal);
  for (const image of users) await restoreUsers(image, target, repository, signal);
  return {
    documents: sum(expectations, ({ hash }) => hash.documents),
    bytes: sum(expectations, ({ hash }) => hash.bytes),
    collections: collections.length,
    verified: true,
    notes: [],
  };
}

/** Drops what a user may have put there: the restore replaces the whole state, so what the backup does not know must go too. */
async function emptyTarget(client: MongoClient, signal: AbortSignal): Promise<void> {
  const writeConcern = { w: 'majority' };
  for (const db of await listUserDatabases(client, signal)) {
    if (db === 'admin') {
      for (const name of await adminCollections(client, signal))
        await client.db(db).command({ drop: name, writeConcern }, { signal });
    } else await client.db(db).command({ dropDatabase: 1, writeConcern }, { signal });
  }
}

/** Reads the whole image of a collection; every byte of it is authenticated on the way. */
async function hashOfImage(repository: ProjectRepository, image: CollectionImage, signal: AbortSignal): Promise<MultisetHash> {
  const hash = new MultisetHash();
  for await (const batch of repository.readImage(image.layers, { signal })) hash.add(batch);
  return hash;
}

/** Streams the image of a collection into the target. */
async function insertDocuments(
  client: MongoClient,
  image: CollectionImage,
  repository: ProjectRepository,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<void> {
  const inserter = new RawInserter(client.db(image.db), signal);
  // The order of a capped collection is part of what it is.
  const ordered = image.capped;
  const limit = ordered ? 1 : insertsAtOnce;
  const underWay = new Set<Promise<void>>();
  try {
    for await (const batch of repository.readImage(image.layers, { signal })) {
      const insert = inserter.insert(image.name, batch, { ordered }).then(() => {
        underWay.delete(insert);
        progress.read(batch);
      });
      // Awaited below; until then a failure must not count as unhandled.
      insert.catch(() => undefined);
      underWay.add(insert);
      if (underWay.size >= limit) await Promise.race(underWay);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
}

/** The largest collections first, so that no single one is left over at the end. */
function largestFirst(collections: readonly CollectionImage[]): readonly CollectionImage[] {
  return collections.toSorted((a, b) => b.bytes - a.bytes);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
