import { isLarderError, LarderError } from '../../core/errors.ts';
import type { CollectionImage, Manifest } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { oplogReachesBackTo } from '../../mongo/read-oplog.ts';
import { consolidateLayers } from '../../repository/consolidate-layers.ts';
import { needsConsolidation } from '../../repository/needs-consolidation.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { CaptureSummary, CaptureTask, TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { buildImage } from './image-builder.ts';
import type { BuiltImage } from './image-builder.ts';
import { openSource } from './source.ts';
import type { Source } from './source.ts';

export interface CaptureDependencies {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
}

/**
 * Takes an image of a replica set and commits it as a backup (design section 4). If the backup exists already, because an earlier
 * try was cut off after the commit, that one is returned. Throws LarderError; until the manifest is written nothing refers to what
 * was stored, and a repetition finds the stored blocks again.
 */
export async function capture(
  task: CaptureTask,
  context: TaskContext,
  { repository, clock }: CaptureDependencies,
): Promise<CaptureSummary> {
  const done = await existing(repository, task.backup.id);
  if (done !== null) return summarize(done);
  const startedAt = clock.now();
  const progress = new TransferProgress(clock, context.report);
  progress.phase('connecting');
  try {
    await using source = await openSource(task.instance.uri, context.signal);
    const base = await chooseBase(repository, task.baseCandidates, source, context.signal);
    const { writer, image, usedBase } = await buildFrom(base, source, repository, progress, context.signal);
    try {
      progress.phase('storing');
      const collections = await consolidated(image.collections, repository, writer, context.signal);
      const manifest: Manifest = {
        formatVersion: 1,
        backupId: task.backup.id,
        projectId: task.projectId,
        instanceId: task.instance.id,
        instanceName: task.instance.name,
        name: task.backup.name,
        description: task.backup.description,
        type: task.backup.type,
        startedAt: startedAt.toISOString(),
        finishedAt: clock.now().toISOString(),
        clusterTime: { t: image.time.t, i: image.time.i },
        term: image.time.term,
        consistency: 'snapshot',
        baseBackupId: usedBase?.backupId ?? null,
        source: {
          setName: source.setName,
          member: source.member,
          serverVersion: source.serverVersion,
          featureCompatibilityVersion: source.featureCompatibilityVersion,
        },
        notes: image.notes,
        collections,
        views: image.views,
        cost: {
          documentsRead: progress.documents,
          bytesRead: progress.bytes,
          oplogEntriesRead: image.oplogEntriesRead,
          bytesStored: writer.totals.bytesStored,
          blocksStored: writer.totals.blocksStored,
          blocksReused: writer.totals.blocksReused,
        },
      };
      await writer.commit(manifest);
      return summarize(manifest);
    } finally {
      await writer.abandon();
    }
  } catch (error) {
    if (context.signal.aborted) throw new LarderError('cancelled', 'The backup was cancelled.', { cause: error });
    throw translateMongoError(error, 'capture-failed', 'The backup could not be taken');
  }
}

interface Built {
  readonly writer: RepositoryWriter;
  readonly image: BuiltImage;
  readonly usedBase: Manifest | null;
}

/** Builds on `base`, or from nothing if it turns out that the oplog does not hold all that happened since. */
async function buildFrom(
  base: Manifest | null,
  source: Source,
  repository: ProjectRepository,
  progress: TransferProgress,
  signal: AbortSignal,
): Promise<Built> {
  const writer = await repository.beginWrite({ signal });
  try {
    return { writer, image: await buildImage({ source, writer, base, progress, signal }), usedBase: base };
  } catch (error) {
    await writer.abandon();
    if (base === null || !isGap(error)) throw error;
  }
  const fresh = await buildFrom(null, source, repository, progress, signal);
  const note = 'The oplog did not hold all that happened since the backup before; everything was scanned.';
  return { ...fresh, image: { ...fresh.image, notes: [note, ...fresh.image.notes] } };
}

function isGap(error: unknown): boolean {
  return isLarderError(error, 'capture-failed') && error.details['gap'] === true;
}

/** The newest backup that is a state at one cluster time, belongs to this set, and whose time the oplog still reaches. */
async function chooseBase(
  repository: ProjectRepository,
  candidates: readonly string[],
  source: Source,
  signal: AbortSignal,
): Promise<Manifest | null> {
  for (const id of candidates) {
    const manifest = await existing(repository, id);
    if (manifest === null || manifest.consistency !== 'snapshot' || manifest.source.setName !== source.setName) continue;
    // Older ones lie further back: if the oplog does not reach this one, it reaches none.
    return (await oplogReachesBackTo(source.client, { ...manifest.clusterTime, term: manifest.term }, signal)) ? manifest : null;
  }
  return null;
}

async function existing(repository: ProjectRepository, backupId: string): Promise<Manifest | null> {
  try {
    return await repository.readManifest(backupId);
  } catch (error) {
    // A damaged manifest is no base; that it is damaged is the business of `repository check`.
    if (isLarderError(error, 'backup-not-found') || isLarderError(error, 'object-corrupt')) return null;
    throw error;
  }
}

/** Merges the layers of collections where they have piled up, from the repository alone (design section 5). */
async function consolidated(
  collections: readonly CollectionImage[],
  repository: ProjectRepository,
  writer: RepositoryWriter,
  signal: AbortSignal,
): Promise<readonly CollectionImage[]> {
  const results: CollectionImage[] = [];
  for (const image of collections) {
    if (image.capped || !needsConsolidation(image.layers)) {
      results.push(image);
      continue;
    }
    const merged = await consolidateLayers(repository, writer, image.layers, { signal });
    // Reading the image counted it: whatever was estimated is known now.
    results.push({ ...image, layers: [merged], documents: merged.documents, documentsExact: true, bytes: merged.bytes });
  }
  return results;
}

function summarize(manifest: Manifest): CaptureSummary {
  return {
    clusterTime: manifest.clusterTime,
    consistency: manifest.consistency,
    baseBackupId: manifest.baseBackupId,
    imageBytes: manifest.collections.reduce((sum, { bytes }) => sum + bytes, 0),
    imageDocuments: manifest.collections.reduce((sum, { documents }) => sum + documents, 0),
    cost: manifest.cost,
    notes: manifest.notes,
  };
}
