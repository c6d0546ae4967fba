import type { JobDeps } from './engine-deps.ts';
import { reconcileJobs } from './reconcile-jobs.ts';
import { resumeInterruptedJobs } from './resume-interrupted-jobs.ts';
import { runJob } from './run-job.ts';
import { releaseLeftLocks } from './write-locks.ts';

export interface JobsOptions {
  /** Backups and restores at the same time. */
  readonly longJobs?: number;
  /** Deletions at the same time. */
  readonly shortJobs?: number;
  /** Work on servers of Larder's own at the same time. */
  readonly serverJobs?: number;
  readonly reconcileSeconds?: number;
}

export interface RunningJobs {
  /**
   * Begins no job, asks the running ones to stop, puts them back in line and ends within about `limitMs`; they go on at the next
   * start. Repeating it is harmless. The catalog may be closed afterwards.
   */
  stop(limitMs: number): Promise<void>;
}

/** Takes up what an earlier server left, then works on jobs until stopped. Errors of the catalog are thrown as they are. */
export async function startJobs(deps: JobDeps, options: JobsOptions = {}): Promise<RunningJobs> {
  await resumeInterruptedJobs(deps);
  await reconcileJobs(deps);
  const unlocking = releaseLeftLocks(deps).catch((error: unknown) => deps.log.error({ err: error }, 'locks cannot be looked up'));
  await deps.jobs.work('long', options.longJobs ?? 2, (delivery) => runJob(deps, delivery));
  await deps.jobs.work('short', options.shortJobs ?? 1, (delivery) => runJob(deps, delivery));
  await deps.jobs.work('servers', options.serverJobs ?? 4, (delivery) => runJob(deps, delivery));

  let reconciling: Promise<void> = Promise.resolve();
  let idle = true;
  const timer = setInterval(
    () => {
      if (!idle) return;
      idle = false;
      reconciling = reconcileJobs(deps)
        .then(() => undefined)
        .catch((error: unknown) => deps.log.warn({ err: error }, 'jobs could not be reconciled'))
        .finally(() => {
          idle = true;
        });
    },
    (options.reconcileSeconds ?? 30) * 1000,
  );

  return {
    async stop(limitMs) {
      clearInterval(timer);
      await unlocking;
      await reconciling;
      await deps.jobs.stop(limitMs);
    },
  };
}
