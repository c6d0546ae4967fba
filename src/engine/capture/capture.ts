import type { CollectionImage } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { consolidateLayers } from '../../repository/consolidate-layers.ts';
import { needsConsolidation } from '../../repository/needs-consolidation.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { CaptureSummary, CaptureTask, TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { captureError } from './capture-error.ts';
import { captureSingle } from './capture-single.ts';
import { manifestOf, summarize } from './manifest-of.ts';
import { megabyte, Pace } from './pace.ts';
import { readManifestIfThere } from './read-manifest-if-there.ts';
import { takeImage } from './take-image.ts';

export interface CaptureDependencies {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
}

/**
 * Takes an image of an instance and commits it as a backup (design section 4; a single server is read by `captureSingle`). If the
 * backup exists already, because an earlier try was cut off after the commit, that one is returned. Throws LarderError; until the
 * manifest is written nothing refers to what was stored, and a repetition finds the stored blocks again.
 */
export async function capture(
  task: CaptureTask,
  context: TaskContext,
  { repository, clock }: CaptureDependencies,
): Promise<CaptureSummary> {
  const done = await readManifestIfThere(repository, task.backup.id);
  if (done !== null) return summarize(done);
  if (task.instance.mode === 'Single') return captureSingle(task, context, { repository, clock });
  const startedAt = clock.now();
  const limit = task.rateMbPerS === undefined ? null : task.rateMbPerS * megabyte;
  const pace = new Pace({ clock, limit, signal: context.signal });
  const progress = new TransferProgress(clock, context.report, pace);
  progress.phase('connecting');
  try {
    const { uri } = task.instance;
    const { signal } = context;
    const { writer, image, base, source } = await takeImage({
      repository,
      clock,
      uri,
      baseCandidates: task.baseCandidates,
      progress,
      pace,
      signal,
    });
    try {
      progress.phase('storing');
      const collections = await consolidated(image.collections, repository, writer, signal);
      const manifest = manifestOf({
        ...image,
        notes: [...image.notes, ...pace.notes],
        task,
        startedAt,
        clock,
        consistency: 'snapshot',
        baseBackupId: base?.backupId ?? null,
        source,
        collections,
        progress,
        writer,
      });
      await writer.commit(manifest);
      return summarize(manifest);
    } finally {
      await writer.abandon();
    }
  } catch (error) {
    throw captureError(error, context.signal);
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
