import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findBackup } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeBackup } from '../render/describe-backup.ts';

/** `larder backup show`: what it holds and what it cost. */
export function addBackupShow(backup: Command, register: Register): void {
  const command = backup
    .command('show')
    .description('show a backup: time, consistency, collections, cost')
    .argument('<backup>', 'id or name');
  register(withServerOptions(command), async (context, _, [idOrName = '']) => {
    const api = await context.api();
    const shown = await api.showBackup((await findBackup(api, idOrName)).id);
    context.renderer.result(shown, describeBackup(shown));
  });
}
