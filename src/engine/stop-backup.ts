import { LarderError } from '../core/errors.ts';
import { cancelJob } from './cancel-job.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import type { Caller } from './use-cases.ts';

/** UseCases.stopBackup. */
export async function stopBackup(deps: EngineDeps, caller: Caller, backupId: string): Promise<{ jobId: string }> {
  await findBackup(deps.catalog.db, caller.projectId, backupId);
  const job = await deps.catalog.db
    .selectFrom('jobs')
    .select('id')
    .where('backup_id', '=', backupId)
    .where('project_id', '=', caller.projectId)
    .where('kind', '=', 'backup')
    .where('status', '=', 'Running')
    .executeTakeFirst();
  if (job === undefined) throw new LarderError('operation-illegal', 'The backup is not being made.');
  await cancelJob(deps, caller, job.id);
  return { jobId: job.id };
}
