import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockBackup } from './find-backup.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller } from './use-cases.ts';

/**
 * UseCases.deleteBackup. From now on the backup is DISABLED; the job removes it. While a deletion is on its way, asking
 * again answers with the same job; after one that failed, it is tried once more.
 */
export async function deleteBackup(deps: EngineDeps, caller: Caller, backupId: string): Promise<{ jobId: string }> {
  const { projectId } = caller;
  return deps.catalog.db.transaction().execute(async (trx) => {
    const backup = await lockBackup(trx, projectId, backupId);
    if (backup.status === 'BUILDING') throw new LarderError('instance-busy', 'The backup is being made.');
    const running = await trx
      .selectFrom('jobs')
      .select(['id', 'kind'])
      .where('backup_id', '=', backupId)
      .where('status', '=', 'Running')
      .execute();
    if (running.some((job) => job.kind === 'restore')) {
      throw new LarderError('backup-in-use', 'The backup is in use by a restore.');
    }
    const deletion = running.find((job) => job.kind === 'delete');
    if (deletion !== undefined) return { jobId: deletion.id };

    const jobId = newJobId();
    await trx.updateTable('backups').set({ status: 'DISABLED' }).where('id', '=', backupId).execute();
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'delete',
      instance: { id: backup.instance_id, name: backup.instance_name },
      backupId,
      now: deps.clock.now(),
    });
    return { jobId };
  });
}
