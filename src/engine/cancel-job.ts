import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { endCancelled } from './end-cancelled.ts';
import { jobKindName } from './job-kinds.ts';
import { laneOf } from './start-job.ts';
import type { Caller } from './use-cases.ts';

/**
 * UseCases.cancelJob. The wish is written into the job's row, where whichever server runs it finds it within half a second;
 * a job that nobody works on ends here and now. Asking again changes nothing: the first who asked is named.
 */
export async function cancelJob(deps: EngineDeps, caller: Caller, jobId: string): Promise<void> {
  const { db } = deps.catalog;
  const job = await db
    .updateTable('jobs')
    .set((e) => ({ cancelled_by: e.fn.coalesce('cancelled_by', e.val(caller.userName)) }))
    .where('id', '=', jobId)
    .where('project_id', '=', caller.projectId)
    .where('status', '=', 'Running')
    .returningAll()
    .executeTakeFirst();
  if (job === undefined) {
    const ended = await db
      .selectFrom('jobs')
      .select('status')
      .where('id', '=', jobId)
      .where('project_id', '=', caller.projectId)
      .executeTakeFirst();
    if (ended === undefined) throw new LarderError('job-not-found', 'The job does not exist.');
    throw new LarderError('operation-illegal', `The job has ended already (${ended.status}).`);
  }
  const lane = laneOf[jobKindName(job)];
  if ((await deps.jobs.state(lane, job.queue_id)) === 'active') return;
  // If it was taken up since, whoever did so has seen the wish.
  if (await endCancelled(deps, job, job.tries > 0 || job.progress !== null)) await deps.jobs.discard(lane, job.queue_id);
}
