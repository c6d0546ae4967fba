import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { findBackup, findInstance } from '../find-by-name.ts';
import type { LarderApi } from '../larder-api.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { requireCompleted, waitForJob } from '../wait-for-job.ts';
import type { WireBackup } from '../wire.ts';

interface Options {
  readonly backup: string;
  readonly to: string;
  readonly overwrite?: true;
  readonly yes?: true;
  readonly wait?: true;
}

/** `larder restore`: asks before data is replaced, unless --yes says that somebody has thought of it. */
export function addRestore(program: Command, register: Register): void {
  const command = program
    .command('restore')
    .description('make an instance hold what a backup holds')
    .requiredOption('--backup <backup>', 'id or name')
    .requiredOption(
      '--to <target>',
      '`original` (the instance that was backed up; its data is replaced), or an instance, id or name',
    )
    .option('--overwrite', "replace the target's data; without it the target must be empty")
    .option('--yes', 'do not ask')
    .option('--wait', 'end when the restore has ended');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options) => {
    const api = await connect();
    const backup = await findBackup(api, options.backup);
    const target = await findTarget(api, backup, options);
    if (target.replaces && options.yes !== true) {
      await confirm(io, `This replaces all data of instance ${target.name} with that of backup ${backup.name}.`);
    }
    const { job_id } = await begin(api, backup, target);
    if (options.wait !== true) {
      renderer.result({ job_id }, `Restore begun, job ${job_id}.`);
      return;
    }
    renderer.note(`Restore begun, job ${job_id}.`);
    const job = await waitForJob(api, job_id, { signal: io.signal, renderer });
    requireCompleted(job);
    renderer.result({ job_id, job }, `Restored and compared with the backup.\n\n${describeJob(job)}`);
  });
}

interface Target {
  readonly id: string;
  readonly name: string;
  readonly original: boolean;
  readonly replaces: boolean;
}

async function findTarget(api: LarderApi, backup: WireBackup, options: Options): Promise<Target> {
  if (options.to === 'original') return { id: backup.instance_id, name: backup.instance_name, original: true, replaces: true };
  const { id, name } = await findInstance(api, options.to);
  return { id, name, original: false, replaces: options.overwrite === true };
}

async function begin(api: LarderApi, backup: WireBackup, target: Target): Promise<{ readonly job_id: string }> {
  if (target.original) return api.restoreToOriginal(backup);
  try {
    return await api.restore({ backup_id: backup.id, target_instance_id: target.id, overwrite: target.replaces });
  } catch (error) {
    // Without --overwrite this refusal has one meaning, and scripts want to tell it from a wrong command.
    if (target.replaces || !(error instanceof CommandError) || error.code !== 'DBS.200004') throw error;
    const message = `${target.name} holds data, which --overwrite would replace. The server said: ${error.message}`;
    throw new CommandError(error.code, exitCodes.conflict, message, { cause: error });
  }
}
