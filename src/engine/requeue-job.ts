import type { EngineDeps } from './engine-deps.ts';
import { endCancelled } from './end-cancelled.ts';
import { notOurs, unlessTakenOver, updateOwn } from './end-job.ts';
import type { JobRow } from './job-kind.ts';
import { jobKindName } from './job-kinds.ts';
import { laneOf } from './start-job.ts';

export interface RequeueOptions {
  readonly delaySeconds?: number;
  /** The new counts; left as they are where not given. */
  readonly tries?: number;
  readonly failures?: number;
}

/**
 * Puts a running job in line again as a new delivery; whatever the old one still does or says counts for nothing. False,
 * and nothing changed, if the job was taken over or ended meanwhile. One that somebody wants cancelled is not put in line but ended.
 */
export async function requeueJob(deps: EngineDeps, job: JobRow, options: RequeueOptions = {}): Promise<boolean> {
  let wanted: JobRow | null = null;
  const requeued = await unlessTakenOver(deps, async (trx) => {
    const queueId = await deps.jobs.send(trx, laneOf[jobKindName(job)], job.id, { delaySeconds: options.delaySeconds ?? 0 });
    // The wish and this write meet at the row: either it is seen here, or whoever wishes sees the job waiting and ends it.
    const { cancelled_by: cancelledBy } = await updateOwn(trx, job, {
      queue_id: queueId,
      tries: options.tries ?? job.tries,
      failures: options.failures ?? job.failures,
    });
    if (cancelledBy === null) return;
    wanted = { ...job, cancelled_by: cancelledBy };
    throw notOurs;
  });
  if (wanted !== null) await endCancelled(deps, wanted, job.tries > 0);
  return requeued;
}
