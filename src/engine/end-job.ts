import type { CatalogTransaction } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { releaseInstance } from './instance-action.ts';
import type { JobRow, WriteOutcome } from './job-kind.ts';
import { jobKindOf } from './job-kinds.ts';

/** Thrown inside a transaction to undo it: the job is somebody else's by now. */
export const notOurs = new LarderError('cancelled', 'the job was taken over');

/** Which try of a job speaks. One that was taken over changes nothing any more. */
export type JobTry = Pick<JobRow, 'id' | 'kind' | 'queue_id' | 'tries'>;

/**
 * Ends a job well: what it is about gets its final state, the instance is released and the job is Completed, all at once.
 * False, and nothing changed, if the job was taken over.
 */
export function completeJob(deps: EngineDeps, job: JobTry, outcome: WriteOutcome): Promise<boolean> {
  return endJob(deps, job, outcome, { status: 'Completed', fail_reason: null });
}

/** Ends a job badly, in the same way, with a reason that people understand. False if the job was taken over. */
export function failJob(deps: EngineDeps, job: JobRow, reason: string): Promise<boolean> {
  return endJob(deps, job, jobKindOf(job).giveUp(job, reason, deps), { status: 'Failed', fail_reason: reason });
}

async function endJob(
  deps: EngineDeps,
  job: JobTry,
  outcome: WriteOutcome,
  end: { readonly status: 'Completed' | 'Failed'; readonly fail_reason: string | null },
): Promise<boolean> {
  const now = deps.clock.now();
  return unlessTakenOver(deps, async (trx) => {
    await outcome(trx, now);
    await releaseInstance(trx, job.id, now);
    await updateOwn(trx, job, { ...end, ended: now });
  });
}

/** Runs the transaction; false if it found that the job is not ours any more, and then it left nothing behind. */
export async function unlessTakenOver(deps: EngineDeps, work: (trx: CatalogTransaction) => Promise<void>): Promise<boolean> {
  try {
    await deps.catalog.db.transaction().execute(work);
    return true;
  } catch (error) {
    if (error === notOurs) return false;
    throw error;
  }
}

/** Changes the job's row if this try still owns it, and returns it; else undoes the transaction (see `unlessTakenOver`). */
export async function updateOwn(
  trx: CatalogTransaction,
  job: JobTry,
  change: Partial<{
    status: string;
    fail_reason: string | null;
    ended: Date;
    queue_id: string;
    tries: number;
    failures: number;
    progress: string | null;
  }>,
): Promise<JobRow> {
  const own = await trx
    .updateTable('jobs')
    .set(change)
    .where('id', '=', job.id)
    .where('queue_id', '=', job.queue_id)
    .where('tries', '=', job.tries)
    .where('status', '=', 'Running')
    .returningAll()
    .executeTakeFirst();
  if (own === undefined) throw notOurs;
  return own;
}
