import type { EngineDeps } from './engine-deps.ts';
import { unlessTakenOver, updateOwn } from './end-job.ts';
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
 * and nothing changed, if the job was taken over or ended meanwhile.
 */
export function requeueJob(deps: EngineDeps, job: JobRow, options: RequeueOptions = {}): Promise<boolean> {
  return unlessTakenOver(deps, async (trx) => {
    const queueId = await deps.jobs.send(trx, laneOf[jobKindName(job)], job.id, { delaySeconds: options.delaySeconds ?? 0 });
    await updateOwn(trx, job, {
      queue_id: queueId,
      tries: options.tries ?? job.tries,
      failures: options.failures ?? job.failures,
    });
  });
}
