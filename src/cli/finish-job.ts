import type { CommandContext } from './command-context.ts';
import type { LarderApi } from './larder-api.ts';
import { describeInstance } from './render/describe-instance.ts';
import { requireCompleted, waitForJob } from './wait-for-job.ts';
import type { WireJob } from './wire.ts';

type Surroundings = Pick<CommandContext, 'io' | 'renderer'>;

/** What the server answered: the job, and what it works on. */
type Begun = { readonly job_id: string } & Readonly<Record<string, unknown>>;

/** What is shown in the end, for scripts beside `begun` and the job, and for people. */
interface Ended {
  readonly json?: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * Ends a command that began a job: at once, or with `wait` once the job has ended, with what `ended` makes of it. `what` is the beginning of
 * "… begun, job …". Throws as `waitForJob` and `requireCompleted`.
 */
export async function finishJob(
  { io, renderer }: Surroundings,
  api: LarderApi,
  begun: Begun,
  {
    what,
    wait,
    ended,
  }: { readonly what: string; readonly wait: boolean; readonly ended: (job: WireJob) => Ended | Promise<Ended> },
): Promise<void> {
  const said = `${what} begun, job ${begun.job_id}.`;
  if (!wait) {
    renderer.result(begun, said);
    return;
  }
  renderer.note(said);
  const job = await waitForJob(api, begun.job_id, { signal: io.signal, renderer });
  requireCompleted(job);
  const { json, text } = await ended(job);
  renderer.result({ ...begun, job, ...json }, text);
}

/** The same of a job on an instance, which is shown as it is then. */
export async function finishInstanceJob(
  surroundings: Surroundings,
  api: LarderApi,
  begun: Begun,
  { what, instanceId, wait }: { readonly what: string; readonly instanceId: string; readonly wait: boolean },
): Promise<void> {
  await finishJob(
    surroundings,
    api,
    { instance_id: instanceId, ...begun },
    {
      what,
      wait,
      async ended() {
        const instance = await api.showInstance(instanceId);
        return { json: { instance }, text: describeInstance(instance) };
      },
    },
  );
}
