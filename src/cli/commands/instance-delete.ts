import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { confirm } from '../confirm.ts';
import { findInstance } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { requireCompleted, waitForJob } from '../wait-for-job.ts';

interface Options {
  readonly yes?: true;
  readonly wait?: true;
}

/** `larder instance delete`: asks before automated backups go, unless --yes says that somebody has thought of it. */
export function addInstanceDelete(instance: Command, register: Register): void {
  const command = instance
    .command('delete')
    .description(
      'forget an instance and delete its automated backups; an adopted MongoDB itself and manual backups stay as they are',
    )
    .argument('<instance>', 'id or name')
    .option('--yes', 'do not ask')
    .option('--wait', 'end when it is deleted');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options, [idOrName = '']) => {
    const api = await connect();
    const { id, name, own } = await findInstance(api, idOrName);
    const what = own === null ? 'the automated backups of' : 'the servers, the data and the automated backups but the last of';
    if (options.yes !== true) await confirm(io, `This deletes ${what} instance ${name}, and forgets it.`);
    const { job_id } = await api.deleteInstance(id);
    if (options.wait !== true) {
      renderer.result({ instance_id: id, job_id }, `Deletion of ${name} begun, job ${job_id}.`);
      return;
    }
    const job = await waitForJob(api, job_id, { signal: io.signal, renderer });
    requireCompleted(job);
    renderer.result({ instance_id: id, job_id, job }, `${name} is deleted.`);
  });
}
