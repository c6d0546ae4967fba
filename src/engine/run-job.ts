import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { isLarderError } from '../core/errors.ts';
import type { Delivery } from '../jobs/port.ts';
import { completeJob, failJob } from './end-job.ts';
import type { JobDeps } from './engine-deps.ts';
import { failReason } from './fail-reason.ts';
import type { JobRow } from './job-kind.ts';
import { jobKindOf } from './job-kinds.ts';
import { JobProgressWriter } from './job-progress-writer.ts';
import { requeueJob } from './requeue-job.ts';

/** Waits before the second and the third try: long enough for an election, or for a store to come back. */
const defaultRetryDelaysSeconds: readonly number[] = [5, 20];

/** Starts of a job, whatever ended them. More than that and it is the job that ends its workers. */
const triesLimit = 10;

/**
 * Runs one delivery of a job to its end: done, given up, or back in line. It throws only where the catalog cannot be
 * written; the queue then delivers again. A delivery that is no longer the job's own does nothing.
 */
export async function runJob(deps: JobDeps, delivery: Delivery): Promise<void> {
  const job = await claim(deps, delivery);
  if (job === undefined) return;
  const fields = { jobId: job.id, kind: job.kind, backupId: job.backup_id, instanceId: job.instance_id, try: job.tries };
  if (job.tries > triesLimit) {
    await failJob(deps, job, `Given up after ${triesLimit} interrupted tries.`);
    deps.log.error(fields, 'job given up: too many interrupted tries');
    return;
  }
  deps.log.info(fields, 'job started');
  try {
    const outcome = await work(deps, job, delivery.signal);
    if (await completeJob(deps, job, outcome)) deps.log.info(fields, 'job completed');
  } catch (thrown) {
    await settleFailure(deps, job, delivery.signal, thrown, fields);
  }
}

/** The job as this try's own, if the delivery is still the job's newest. */
async function claim(deps: JobDeps, delivery: Delivery): Promise<JobRow | undefined> {
  return deps.catalog.db
    .updateTable('jobs')
    .set((e) => ({ tries: e('tries', '+', 1), progress: null }))
    .where('id', '=', delivery.jobId)
    .where('queue_id', '=', delivery.queueId)
    .where('status', '=', 'Running')
    .returningAll()
    .executeTakeFirst();
}

async function work(deps: JobDeps, job: JobRow, signal: AbortSignal) {
  await using progress = new JobProgressWriter(deps, job);
  return await jobKindOf(job).run(deps, job, { signal, report: (now) => progress.report(now) });
}

async function settleFailure(deps: JobDeps, job: JobRow, signal: AbortSignal, thrown: unknown, fields: object): Promise<void> {
  if (signal.aborted) {
    // Not the job's fault: it goes on where it is taken up next. A stop of the server does not even count as a try.
    const stopping = isLarderError(signal.reason, 'cancelled');
    if (await requeueJob(deps, job, stopping ? { tries: job.tries - 1 } : {}))
      deps.log.info(fields, 'job interrupted, back in line');
    return;
  }
  const error = translateCatalogError(thrown);
  const delaySeconds = (deps.retryDelaysSeconds ?? defaultRetryDelaysSeconds)[job.failures];
  if (error.retryable && delaySeconds !== undefined) {
    deps.log.warn({ ...fields, code: error.code, err: error, delaySeconds }, 'job failed, will be tried again');
    await requeueJob(deps, job, { delaySeconds, failures: job.failures + 1 });
    return;
  }
  deps.log.error({ ...fields, code: error.code, err: error }, 'job failed');
  await failJob(deps, job, failReason(error));
}
