import type { Command } from 'commander';
import { withLocalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Register } from '../register.ts';
import { describeRecovered } from '../render/describe-repository.ts';
import { toWire } from '../wire.ts';

/** `larder repository recover`: an empty catalog becomes what the repository says. */
export function addRepositoryRecover(repository: Command, register: Register): void {
  const command = repository
    .command('recover')
    .description('make an empty catalog again out of the repository; the server must not run');
  register(withLocalOptions(command), async ({ io, local, renderer }) => {
    const report = await io.repository.recover({ ...local, onWait: (why) => renderer.note(why) });
    renderer.result(toWire(report), describeRecovered(report));
    if (report.unreadable.length > 0) {
      throw new CommandError('damage-found', exitCodes.failed, `${report.unreadable.length} backups could not be recovered.`);
    }
  });
}
