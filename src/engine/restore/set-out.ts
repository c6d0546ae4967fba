import { LarderError, isLarderError } from '../../core/errors.ts';
import type { Manifest } from '../../core/image.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import { chartCourse } from '../replay/chart-course.ts';
import type { Course } from '../replay/chart-course.ts';
import type { ReplaySource } from '../replay/replay-source.ts';
import type { RestoreLeg } from '../tasks.ts';

/** What a restore brings: an image, and for a point in time what leads to it from the backup. */
export interface Destination {
  /** For a point in time that of the point; its layers are those of the backup. */
  readonly manifest: Manifest;
  readonly journey: { readonly course: Course; readonly source: ReplaySource } | null;
}

/**
 * Finds out what is to be restored, and for a point in time all that could stand against it, before anything is written: reads the
 * archived oplog once. A backup at whose moment something was only half there is passed over for an older one.
 */
export async function setOut(
  { backupId, pointInTime }: Pick<RestoreLeg, 'backupId' | 'pointInTime'>,
  repository: ProjectRepository,
  signal: AbortSignal,
): Promise<Destination> {
  if (pointInTime === undefined) return { manifest: await repository.readManifest(backupId), journey: null };
  const { instanceId, timeline, point, olderBases } = pointInTime;
  const source = await repository.oplog(instanceId).open(timeline, { signal });
  const candidates = [backupId, ...olderBases];
  for (const [n, candidate] of candidates.entries()) {
    try {
      const course = await chartCourse(await repository.readManifest(candidate), source, point, signal);
      return { manifest: course.image, journey: { course, source } };
    } catch (error) {
      const isUnfit = isLarderError(error, 'not-replayable') && error.details['olderBase'] === true;
      if (!isUnfit || n === candidates.length - 1) throw error;
    }
  }
  throw new LarderError('internal', 'a restore without a backup');
}
