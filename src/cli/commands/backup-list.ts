import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeBackups } from '../render/describe-backup.ts';

/** `larder backup list`. */
export function addBackupList(backup: Command, register: Register): void {
  const command = backup
    .command('list')
    .description('list the backups of the project, newest first')
    .option('--instance <instance>', 'only those of this instance, id or name');
  register<{ readonly instance?: string }>(withServerOptions(command), async ({ api: connect, renderer }, options) => {
    const api = await connect();
    const instanceId = options.instance === undefined ? undefined : (await findInstance(api, options.instance)).id;
    const backups = await api.listBackups(instanceId);
    renderer.result({ backups }, describeBackups(backups));
  });
}
