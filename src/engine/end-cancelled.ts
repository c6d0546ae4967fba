import { failJob } from './end-job.ts';
import type { EngineDeps } from './engine-deps.ts';
import type { JobRow } from './job-kind.ts';
import { jobKindOf } from './job-kinds.ts';

/**
 * Ends a job that somebody asked to cancel: Failed, with a reason that says who asked and, where the work had begun, what it left
 * behind (`left`, where the work said so itself); the instance is idle. False, and nothing changed, if the job was taken over: whoever did so ends it.
 */
export async function endCancelled(deps: EngineDeps, job: JobRow, begun: boolean, left?: string): Promise<boolean> {
  const kind = jobKindOf(job);
  const reason = `Cancelled by ${job.cancelled_by ?? 'somebody'}.`;
  const leftBehind = begun ? ` ${left ?? kind.whenCancelled.leaves(await asItIs(deps, job))}` : '';
  if (!(await failJob(deps, job, reason + leftBehind))) return false;
  const fields = { jobId: job.id, kind: job.kind, by: job.cancelled_by };
  deps.log.info(fields, 'job cancelled');
  if (begun) {
    await kind.whenCancelled.cleanUp?.(deps, job).catch((error: unknown) => {
      deps.log.warn({ ...fields, err: error }, 'what the cancelled job left could not be removed');
    });
  }
  return true;
}

/** The row of the job, in which its work may have noted how far it came. */
async function asItIs({ catalog }: EngineDeps, job: JobRow): Promise<JobRow> {
  return (await catalog.db.selectFrom('jobs').selectAll().where('id', '=', job.id).executeTakeFirst()) ?? job;
}
