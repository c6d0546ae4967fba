import { failJob } from './end-job.ts';
import type { EngineDeps } from './engine-deps.ts';
import { jobKindName } from './job-kinds.ts';
import { laneOf } from './start-job.ts';

const dayMs = 86_400_000;

/** Jobs can be asked for this long after their end. */
const keepJobsMs = 31 * dayMs;

/** What a reconciliation had to put right; all zero when nothing was lost. */
export interface Reconciled {
  readonly jobsFailed: number;
  readonly backupsFailed: number;
  readonly instancesReleased: number;
}

/**
 * Ends what nobody will ever end: jobs that are Running while the queue will not deliver them again, and, should that ever
 * be, backups BUILDING and instances taken without a running job. Removes expired tokens and old jobs. Any number of servers may do
 * it at the same time; what is really running is never touched.
 */
export async function reconcileJobs(deps: EngineDeps): Promise<Reconciled> {
  const { db } = deps.catalog;
  const now = deps.clock.now();
  const jobsFailed = await failLostJobs(deps);

  const backups = await db
    .updateTable('backups')
    .set({ status: 'FAILED', end_time: now, fail_reason: 'The job that made it was lost.' })
    .where('status', '=', 'BUILDING')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('jobs')
            .select('jobs.id')
            .whereRef('jobs.backup_id', '=', 'backups.id')
            .where('jobs.status', '=', 'Running'),
        ),
      ),
    )
    .returning('id')
    .execute();
  const instances = await db
    .updateTable('instances')
    .set({ action: null, action_job_id: null, updated: now })
    .where('action_job_id', 'is not', null)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('jobs')
            .select('jobs.id')
            .whereRef('jobs.id', '=', 'instances.action_job_id')
            .where('jobs.status', '=', 'Running'),
        ),
      ),
    )
    .returning('id')
    .execute();

  await db.deleteFrom('tokens').where('expires', '<=', now).execute();
  await db
    .deleteFrom('jobs')
    .where('ended', '<', new Date(now.getTime() - keepJobsMs))
    .execute();

  const reconciled = { jobsFailed, backupsFailed: backups.length, instancesReleased: instances.length };
  if (jobsFailed + backups.length + instances.length > 0) deps.log.warn(reconciled, 'ended what was lost');
  return reconciled;
}

async function failLostJobs(deps: EngineDeps): Promise<number> {
  const running = await deps.catalog.db.selectFrom('jobs').selectAll().where('status', '=', 'Running').execute();
  let failed = 0;
  for (const job of running) {
    // Read first, asked second: a job that ended or went back in line in between has another row by now, and stays as it is.
    if ((await deps.jobs.state(laneOf[jobKindName(job)], job.queue_id)) !== 'over') continue;
    if (await failJob(deps, job, 'The job was interrupted too often, or was lost by the queue.')) failed++;
  }
  return failed;
}
