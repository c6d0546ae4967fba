import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { Caller, Job, JobProgress, JobStatus, RestoreResult } from './use-cases.ts';

/** UseCases.getJob. */
export async function getJob(deps: EngineDeps, caller: Caller, jobId: string): Promise<Job> {
  const row = await deps.catalog.db
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', jobId)
    .where('project_id', '=', caller.projectId)
    .executeTakeFirst();
  if (row === undefined) throw new LarderError('job-not-found', 'The job does not exist.');
  return {
    id: row.id,
    name: row.name,
    status: row.status as JobStatus,
    created: row.created,
    ended: row.ended,
    progress: row.progress as JobProgress | null,
    instanceId: row.instance_id,
    instanceName: row.instance_name,
    backupId: row.backup_id,
    failReason: row.fail_reason,
    result: row.result as RestoreResult | null,
  };
}
