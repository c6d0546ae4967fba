import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import { parseRate } from '../parse-rate.ts';
import type { Register } from '../register.ts';
import { describeBackup } from '../render/describe-backup.ts';
import { finishJob } from '../finish-job.ts';

interface Options {
  readonly instance: string;
  readonly name: string;
  readonly description?: string;
  readonly lock?: true;
  readonly rate?: string;
  readonly wait?: true;
}

/** `larder backup create`: a manual backup; with --wait the command ends with it. */
export function addBackupCreate(backup: Command, register: Register): void {
  const command = backup
    .command('create')
    .description('take a manual backup')
    .requiredOption('--instance <instance>', 'id or name')
    .requiredOption('--name <name>', 'unique in the project; 4 to 64 letters, digits, - and _, beginning with a letter')
    .option('--description <text>', 'at most 256 characters, none of > ! < " & \' =')
    .option('--lock', 'keep everybody from writing to a single server meanwhile, so that the backup is consistent')
    .option('--rate <MB/s>', 'read no more than so many megabytes a second; the limit of the instance unless given')
    .option('--wait', 'end when the backup has ended');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options) => {
    const rate = options.rate === undefined ? null : parseRate(options.rate);
    const api = await connect();
    const { id } = await findInstance(api, options.instance);
    const created = await api.createBackup({
      instance_id: id,
      name: options.name,
      description: options.description ?? '',
      ...(options.lock === true ? { lock: true } : {}),
      ...(rate === null ? {} : { rate_mb_per_s: rate }),
    });
    await finishJob({ io, renderer }, api, created, {
      what: `Backup ${created.backup_id}`,
      wait: options.wait === true,
      async ended() {
        const backup = await api.showBackup(created.backup_id);
        return { json: { backup }, text: describeBackup(backup) };
      },
    });
  });
}
