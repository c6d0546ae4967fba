import type { EngineDeps } from './engine-deps.ts';
import { jobKindName } from './job-kinds.ts';
import { requeueJob } from './requeue-job.ts';
import { laneOf } from './start-job.ts';

/**
 * With the embedded catalog nobody else can be at work when a server starts, so a delivery in progress is one whose server
 * was killed: it goes back in line at once instead of after its heartbeat. Must run before the first `work`. Returns how many.
 */
export async function resumeInterruptedJobs(deps: EngineDeps): Promise<number> {
  if (deps.catalog.kind !== 'embedded') return 0;
  const running = await deps.catalog.db.selectFrom('jobs').selectAll().where('status', '=', 'Running').execute();
  let resumed = 0;
  for (const job of running) {
    const lane = laneOf[jobKindName(job)];
    if ((await deps.jobs.state(lane, job.queue_id)) !== 'active') continue;
    if (!(await requeueJob(deps, job))) continue;
    await deps.jobs.discard(lane, job.queue_id);
    resumed++;
  }
  if (resumed > 0) deps.log.info({ jobs: resumed }, 'jobs of the server that was killed go on');
  return resumed;
}
