import { LarderError } from '../core/errors.ts';
import type { BackupRequest } from './begin-backup.ts';
import type { JobDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import { findInstance } from './find-instance.ts';
import type { JobKind, JobRow } from './job-kind.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { CaptureTask } from './tasks.ts';
import type { BackupType, InstanceMode } from './use-cases.ts';
import { withWriteLockRecorded } from './write-locks.ts';

/** How many older backups a capture may try as its base. */
const baseCandidateLimit = 20;

/** Takes the image: BUILDING becomes COMPLETED, or FAILED with the reason. */
export const backupJob: JobKind = {
  async run(deps, job, context) {
    const task = await captureTask(deps, job);
    const { id, uri } = task.instance;
    const summary =
      task.lock === true
        ? await withWriteLockRecorded(deps, { id, uri, projectId: job.project_id }, () => deps.runTask<'capture'>(task, context))
        : await deps.runTask<'capture'>(task, context);
    return async (trx, now) => {
      await trx
        .updateTable('backups')
        .set({
          status: 'COMPLETED',
          size_bytes: summary.imageBytes,
          end_time: now,
          fail_reason: null,
          replay_base: summary.replayBase ? JSON.stringify(summary.replayBase) : null,
        })
        .where('id', '=', task.backup.id)
        .execute();
    };
  },

  giveUp: (job, reason) => async (trx, now) => {
    await trx
      .updateTable('backups')
      .set({ status: 'FAILED', end_time: now, fail_reason: reason })
      .where('id', '=', job.backup_id)
      .where('status', '=', 'BUILDING')
      .execute();
  },

  whenCancelled: {
    leaves: () => 'What it stored is reused by the next backup, or freed.',
    async cleanUp(deps, job) {
      // Should the thread have been ended between its commit and its answer, there is a manifest that nobody will ask for.
      if (job.backup_id !== null) await deps.repository.project(job.project_id).deleteManifest(job.backup_id);
    },
  },
};

async function captureTask(deps: JobDeps, job: JobRow): Promise<CaptureTask> {
  const { db } = deps.catalog;
  if (job.backup_id === null) throw new LarderError('internal', 'a backup job without a backup');
  const backup = await findBackup(db, job.project_id, job.backup_id);
  const instance = await findInstance(db, job.project_id, job.instance_id);
  // Asked for at each try: a base may have been deleted since the last.
  const candidates = await db
    .selectFrom('backups')
    .select('id')
    .where('instance_id', '=', instance.id)
    .where('status', '=', 'COMPLETED')
    .orderBy('begin_time', 'desc')
    .orderBy('id', 'desc')
    .limit(baseCandidateLimit)
    .execute();
  const rateMbPerS = (job.request as BackupRequest | null)?.rateMbPerS ?? instance.rate_mb_per_s;
  return {
    kind: 'capture',
    repository: deps.repositoryConnection,
    projectId: job.project_id,
    instance: {
      id: instance.id,
      name: instance.name,
      mode: instance.mode as InstanceMode,
      uri: deps.repository.openSecret(instance.sealed_uri, sealedContexts.instanceUri(instance.id)),
    },
    backup: {
      id: backup.id,
      name: backup.name,
      description: backup.description,
      type: backup.type as BackupType,
      ...(backup.keep_days === null ? {} : { keepDays: backup.keep_days }),
    },
    lock: job.lock,
    ...(rateMbPerS === null ? {} : { rateMbPerS }),
    baseCandidates: candidates.map(({ id }) => id),
  };
}
