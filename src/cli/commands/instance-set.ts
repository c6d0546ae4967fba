import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import { parseRate } from '../parse-rate.ts';
import type { Register } from '../register.ts';
import { describeInstance } from '../render/describe-instance.ts';
import { usageError } from '../usage-error.ts';

/** `larder instance set`: how an instance is backed up from now on, whoever asks for the backup. */
export function addInstanceSet(instance: Command, register: Register): void {
  const command = instance
    .command('set')
    .description('change how an instance is backed up')
    .argument('<instance>', 'id or name')
    .option('--rate <MB/s>', 'read no more than so many megabytes a second; none for no limit')
    .option('--lock', 'backups of this single server keep everybody from writing, so that they are consistent')
    .option('--no-lock', 'backups of this single server let everybody write');
  register<{ readonly rate?: string; readonly lock?: boolean }>(
    withServerOptions(command),
    async (context, options, [idOrName = '']) => {
      if (options.rate === undefined && options.lock === undefined)
        throw usageError('Say what to change: --rate MB/s, --rate none, --lock or --no-lock.');
      const rate = options.rate === undefined ? {} : { rate_mb_per_s: options.rate === 'none' ? null : parseRate(options.rate) };
      const lock = options.lock === undefined ? {} : { lock: options.lock };
      const api = await context.api();
      const { id } = await findInstance(api, idOrName);
      const changed = await api.setInstance(id, { ...rate, ...lock });
      context.renderer.result(changed, describeInstance(changed));
    },
  );
}
