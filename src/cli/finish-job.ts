import type { CommandContext } from './command-context.ts';
import type { LarderApi } from './larder-api.ts';
import { describeInstance } from './render/describe-instance.ts';
import { requireCompleted, waitForJob } from './wait-for-job.ts';

/**
 * Ends a command that began a job on an instance: with the job's id, or with `wait` once the job has ended, with the instance as it is then.
 * Throws as `waitForJob` and `requireCompleted`.
 */
export async function finishJob(
  { io, renderer }: Pick<CommandContext, 'io' | 'renderer'>,
  api: LarderApi,
  begun: { readonly job_id: string } & Readonly<Record<string, unknown>>,
  { what, instanceId, wait }: { readonly what: string; readonly instanceId: string; readonly wait: boolean },
): Promise<void> {
  const { job_id: jobId } = begun;
  const said = `${what} begun, job ${jobId}.`;
  if (!wait) {
    renderer.result({ instance_id: instanceId, ...begun }, said);
    return;
  }
  renderer.note(said);
  const job = await waitForJob(api, jobId, { signal: io.signal, renderer });
  requireCompleted(job);
  const instance = await api.showInstance(instanceId);
  renderer.result({ instance_id: instanceId, ...begun, job, instance }, describeInstance(instance));
}
