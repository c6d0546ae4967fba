import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { waitForJob } from '../wait-for-job.ts';

/** `larder job cancel`: ends a running job and returns when it has ended; exit code 4 where it had ended, or completed, before. */
export function addJobCancel(job: Command, register: Register): void {
  const command = job.command('cancel').description('end a running job').argument('<job>', 'id');
  register(withServerOptions(command), async ({ api: connect, io, renderer }, _, [id = '']) => {
    const api = await connect();
    await cancel(id, () => api.cancelJob(id));
    const ended = await waitForJob(api, id, { signal: io.signal, renderer });
    if (ended.status === 'Completed') throw tooLate(`Job ${id} completed before it could be cancelled.`);
    renderer.result(ended, describeJob(ended));
  });
}

async function cancel(id: string, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    // The API's word for it is that of every illegal operation; here it has one meaning.
    if (!(error instanceof CommandError) || error.code !== 'DBS.200004') throw error;
    throw tooLate(`Job ${id} has ended already; \`larder job show ${id}\` says how.`, error);
  }
}

function tooLate(message: string, cause?: unknown): CommandError {
  return new CommandError('DBS.200004', exitCodes.conflict, message, cause === undefined ? {} : { cause });
}
