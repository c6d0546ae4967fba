import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { isLarderError } from '../core/errors.ts';
import type { Delivery } from '../jobs/port.ts';
import { completeJob, failJob } from './end-job.ts';
import { endCancelled } from './end-cancelled.ts';
import type { JobDeps } from './engine-deps.ts';
import { failReason } from './fail-reason.ts';
import type { JobRow } from './job-kind.ts';
import { jobKindOf } from './job-kinds.ts';
import { JobProgressWriter } from './job-progress-writer.ts';
import { requeueJob } from './requeue-job.ts';
import { watchForCancel, whoCancelled } from './watch-for-cancel.ts';

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
  if ((await jobKindOf(job).isElsewhere?.(deps, job)) === true) {
    await requeueJob(deps, job, { delaySeconds: 1, tries: job.tries - 1 });
    return;
  }
  if (job.tries > triesLimit) {
    await failJob(deps, job, `Given up after ${triesLimit} interrupted tries.`);
    deps.log.error(fields, 'job given up: too many interrupted tries');
    return;
  }
  if (job.cancelled_by !== null) {
    await endCancelled(deps, job, job.tries > 1);
    return;
  }
  deps.log.info(fields, 'job started');
  // Watched until the work has ended, so that a wish that comes late is either met or found by whoever puts the job in line.
  const watch = watchForCancel(deps, job);
  const signal = AbortSignal.any([delivery.signal, watch.signal]);
  try {
    const outcome = await work(deps, job, signal);
    if (await completeJob(deps, job, outcome)) deps.log.info(fields, 'job completed');
  } catch (thrown) {
    await settleFailure(deps, job, signal, thrown, fields);
  } finally {
    await watch[Symbol.asyncDispose]();
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
  const cancelledBy = signal.aborted ? whoCancelled(signal.reason) : null;
  if (cancelledBy !== null) {
    const begun = job.tries > 1 || !leftUntouched(thrown);
    await endCancelled(deps, { ...job, cancelled_by: cancelledBy }, begun, whatIsLeft(thrown));
    return;
  }
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

/** True if the task says of itself that it was stopped before it changed anything. */
function leftUntouched(thrown: unknown): boolean {
  return isLarderError(thrown, 'cancelled') && thrown.details['untouched'] === true;
}

/** What the stopped task says of what it left behind. */
function whatIsLeft(thrown: unknown): string | undefined {
  return isLarderError(thrown, 'cancelled') && typeof thrown.details['left'] === 'string' ? thrown.details['left'] : undefined;
}
