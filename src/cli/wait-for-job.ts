import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { LarderApi } from './larder-api.ts';
import type { Renderer } from './render/renderer.ts';
import type { WireJob } from './wire.ts';

/** Milliseconds between two looks: quick at first, as small jobs end at once, then calmer. */
const firstPause = 200;
const longestPause = 1_000;

export interface WaitOptions {
  readonly signal: AbortSignal;
  readonly renderer: Pick<Renderer, 'progress' | 'progressEnd'>;
}

/**
 * Follows a job until it has ended and returns it as it ended, Failed too. The wait ends only with the job or with
 * `signal`: then CommandError `cancelled`, which says that the job itself goes on.
 */
export async function waitForJob(api: Pick<LarderApi, 'showJob'>, jobId: string, options: WaitOptions): Promise<WireJob> {
  const { signal, renderer } = options;
  try {
    for (let pause = firstPause; ; pause = Math.min(longestPause, pause * 1.3)) {
      const job = await api.showJob(jobId);
      if (job.progress !== null) renderer.progress(job.progress);
      if (job.status !== 'Running') return job;
      await delay(pause, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    const message =
      `Interrupted. The job goes on in the server; \`larder job wait ${jobId}\` follows it again, ` +
      `\`larder job cancel ${jobId}\` ends it.`;
    throw new CommandError('cancelled', exitCodes.interrupted, message, { cause: error });
  } finally {
    renderer.progressEnd();
  }
}

/** Nothing for a job that Completed; throws CommandError `job-failed` with the job's own reason for one that did not. */
export function requireCompleted(job: WireJob): void {
  if (job.status === 'Completed') return;
  throw new CommandError('job-failed', exitCodes.failed, `Job ${job.id} failed: ${job.fail_reason ?? 'no reason was recorded'}`);
}
