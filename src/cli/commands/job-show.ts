import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';

/** `larder job show`: how a job stands; a Failed job is an answer, not a failure of this command. */
export function addJobShow(job: Command, register: Register): void {
  const command = job.command('show').description('show a job').argument('<job>', 'id');
  register(withServerOptions(command), async ({ api, renderer }, _, [id = '']) => {
    const shown = await (await api()).showJob(id);
    renderer.result(shown, describeJob(shown));
  });
}
