import { Type, type Static } from 'typebox';
import { oneOf } from '../fields.ts';
import type { Job, ReplayedSpan } from '../../engine/use-cases.ts';
import { isoTime, nullable } from './json-types.ts';

export const jobSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: oneOf(['Running', 'Completed', 'Failed']),
  created: isoTime,
  ended: nullable(isoTime),
  progress: nullable(
    Type.Object({
      phase: Type.String(),
      share: nullable(Type.Number({ minimum: 0, maximum: 0.99 })),
      documents_done: Type.Number(),
      documents_total: nullable(Type.Number()),
      bytes_done: Type.Number(),
      bytes_total: nullable(Type.Number()),
      bytes_per_second: Type.Number(),
      seconds_left: nullable(Type.Number()),
      lag_seconds: nullable(Type.Number()),
      oplog_window_seconds: nullable(Type.Number()),
    }),
  ),
  instance_id: Type.String(),
  instance_name: Type.String(),
  backup_id: nullable(Type.String()),
  fail_reason: nullable(Type.String()),
  result: nullable(
    Type.Object({
      verdict: oneOf(['equal', 'replayed']),
      replayed: Type.Array(
        Type.Object({
          base_backup_id: Type.String(),
          point: Type.String({ description: 'seconds:increment of the oplog entry up to which there is everything' }),
          entries: Type.Integer(),
          writes: Type.Integer(),
        }),
      ),
      documents: Type.Integer(),
      bytes: Type.Integer(),
      collections: Type.Integer(),
      seconds: Type.Number(),
      bytes_per_second: Type.Number(),
      notes: Type.Array(Type.String()),
    }),
  ),
});

/** A job with its progress, field by field. */
export function jobJson(job: Job): Static<typeof jobSchema> {
  const { progress, result } = job;
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
            share: progress.share,
            documents_done: progress.documentsDone,
            documents_total: progress.documentsTotal,
            bytes_done: progress.bytesDone,
            bytes_total: progress.bytesTotal,
            bytes_per_second: progress.bytesPerSecond,
            seconds_left: progress.secondsLeft,
            lag_seconds: progress.lagSeconds,
            oplog_window_seconds: progress.oplogWindowSeconds,
          },
    instance_id: job.instanceId,
    instance_name: job.instanceName,
    backup_id: job.backupId,
    fail_reason: job.failReason,
    result:
      result === null
        ? null
        : {
            verdict: result.verdict,
            replayed: result.replayed.map(replayedJson),
            documents: result.documents,
            bytes: result.bytes,
            collections: result.collections,
            seconds: result.seconds,
            bytes_per_second: result.bytesPerSecond,
            notes: [...result.notes],
          },
  };
}

function replayedJson({ baseBackupId, point, entries, writes }: ReplayedSpan) {
  return { base_backup_id: baseBackupId, point, entries, writes };
}
