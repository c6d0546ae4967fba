import type { Command } from 'commander';
import { withLocalOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeTakenOver } from '../render/describe-repository.ts';
import { toWire } from '../wire.ts';

/** `larder repository take-over`: the repository is this machine's catalog's from now on. */
export function addRepositoryTakeOver(repository: Command, register: Register): void {
  const command = repository
    .command('take-over')
    .description(
      'go on with the catalog of these settings as it is, though the repository is that of another; no server must run',
    );
  register(withLocalOptions(command), async ({ io, local, renderer }) => {
    const taken = await io.repository.takeOver({ ...local, onWait: (why) => renderer.note(why) });
    renderer.result(toWire(taken), describeTakenOver(taken));
  });
}
