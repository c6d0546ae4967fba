import type { Command } from 'commander';
import { withLocalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseDuration } from '../parse-duration.ts';
import type { Register } from '../register.ts';
import { describePruning } from '../render/describe-repository.ts';
import { toWire } from '../wire.ts';

/** `larder repository prune`: marks what no backup needs, and removes what was marked for the grace time. */
export function addRepositoryPrune(repository: Command, register: Register): void {
  const command = repository
    .command('prune')
    .description('free what no backup needs; safe while backups are taken')
    .option('--grace <time>', 'how long something stays after it was found unneeded, like 48h or 7d (default 48h)')
    .option('--dry-run', 'only say what would be done');
  register<{ readonly grace?: string; readonly dryRun?: true }>(
    withLocalOptions(command),
    async ({ io, local, renderer }, options) => {
      const grace = options.grace === undefined ? {} : { grace: parseDuration(options.grace) };
      const report = await io.repository.prune({ ...local, ...grace, dryRun: options.dryRun === true });
      renderer.result(toWire(report), describePruning(report));
      if (report.projects.some((project) => project.blocked !== null)) {
        throw new CommandError(
          'damage-found',
          exitCodes.failed,
          'Nothing was freed where the repository is damaged; `larder repository check` says more.',
        );
      }
    },
  );
}
