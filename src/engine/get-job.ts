import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { jobFromRow } from './job-from-row.ts';
import type { Caller, Job } from './use-cases.ts';

/** UseCases.getJob. */
export async function getJob(deps: EngineDeps, caller: Caller, jobId: string): Promise<Job> {
  const row = await deps.catalog.db
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', jobId)
    .where('project_id', '=', caller.projectId)
    .executeTakeFirst();
  if (row === undefined) throw new LarderError('job-not-found', 'The job does not exist.');
  return jobFromRow(row);
}
