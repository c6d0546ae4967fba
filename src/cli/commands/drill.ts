import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findBackup, findInstance } from '../find-by-name.ts';
import { readAssertions } from '../read-assertions.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { finishJob } from '../finish-job.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly backup?: string;
  readonly instance?: string;
  readonly assert?: string;
  readonly wait?: true;
}

/** `larder drill`: proves a backup by restoring it into a server that is started for this and removed again. */
export function addDrill(program: Command, register: Register): Command {
  const command = program
    .command('drill')
    // What stands behind the name of a subcommand is the subcommand's.
    .enablePositionalOptions()
    .description('prove a backup: restore it into a throw-away server, compare it, ask your own questions')
    .option('--backup <backup>', 'id or name')
    .option('--instance <instance>', 'id or name: its newest backup')
    .option('--assert <file>', 'YAML: a list of namespace, query, and count or documents')
    .option('--wait', 'end when the drill has ended');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options) => {
    if ((options.backup === undefined) === (options.instance === undefined))
      throw usageError('Give either --backup or --instance.');
    const assertions = options.assert === undefined ? undefined : await readAssertions(resolve(io.folder, options.assert));
    const api = await connect();
    const of =
      options.backup === undefined
        ? { instance_id: (await findInstance(api, options.instance ?? '')).id }
        : { backup_id: (await findBackup(api, options.backup)).id };
    const begun = await api.drill({ ...of, ...(assertions === undefined ? {} : { assertions }) });
    await finishJob({ io, renderer }, api, begun, {
      what: `Drill of backup ${begun.backup_id}`,
      wait: options.wait === true,
      ended: (job) => ({ text: `The backup is proved.\n\n${describeJob(job)}` }),
    });
  });
  return command;
}
