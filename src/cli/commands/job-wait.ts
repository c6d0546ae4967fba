import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { requireCompleted, waitForJob } from '../wait-for-job.ts';

/** `larder job wait`: ends when the job has ended; exit code 1 where it Failed. */
export function addJobWait(job: Command, register: Register): void {
  const command = job.command('wait').description('follow a job until it has ended').argument('<job>', 'id');
  register(withServerOptions(command), async ({ api, io, renderer }, _, [id = '']) => {
    const ended = await waitForJob(await api(), id, { signal: io.signal, renderer });
    requireCompleted(ended);
    renderer.result(ended, describeJob(ended));
  });
}
