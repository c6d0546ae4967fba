import { Type, type Static } from 'typebox';
import type { Job } from '../../engine/use-cases.ts';
import { isoTime, nullable, oneOf } from './json-types.ts';

export const jobSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: oneOf(['Running', 'Completed', 'Failed']),
  created: isoTime,
  ended: nullable(isoTime),
  progress: nullable(
    Type.Object({
      phase: Type.String(),
      documents_done: Type.Number(),
      documents_total: nullable(Type.Number()),
      bytes_done: Type.Number(),
      bytes_total: nullable(Type.Number()),
      bytes_per_second: Type.Number(),
      seconds_left: nullable(Type.Number()),
    }),
  ),
  instance_id: Type.String(),
  instance_name: Type.String(),
  backup_id: nullable(Type.String()),
  fail_reason: nullable(Type.String()),
});

/** A job with its progress, field by field. */
export function jobJson(job: Job): Static<typeof jobSchema> {
  const { progress } = job;
  return {
    id: job.id,
    name: job.name,
    status: job.status,
    created: job.created.toISOString(),
    ended: job.ended?.toISOString() ?? null,
    progress:
      progress === null
        ? null
        : {
            phase: progress.phase,
            documents_done: progress.documentsDone,
            documents_total: progress.documentsTotal,
            bytes_done: progress.bytesDone,
            bytes_total: progress.bytesTotal,
            bytes_per_second: progress.bytesPerSecond,
            seconds_left: progress.secondsLeft,
          },
    instance_id: job.instanceId,
    instance_name: job.instanceName,
    backup_id: job.backupId,
    fail_reason: job.failReason,
  };
}
