import type { Command } from 'commander';
import { readPassword } from '../account-input.ts';
import { withLocalOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeChangedKey } from '../render/describe-repository.ts';
import { toWire } from '../wire.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly passphrase?: true;
  readonly keyFile?: true;
}

/** `larder repository change-key`: another passphrase, or a new key file, unlocks the repository from now on. */
export function addRepositoryChangeKey(repository: Command, register: Register): void {
  const command = repository
    .command('change-key')
    .description('have another key unlock the repository; what is stored stays as it is')
    .option('--passphrase', 'a passphrase, read from the first line of standard input')
    .option('--key-file', 'a new random key file in the data folder');
  register<Options>(withLocalOptions(command), async ({ io, local, renderer }, { passphrase, keyFile }) => {
    if ((passphrase === true) === (keyFile === true)) throw usageError('Give either --passphrase or --key-file.');
    const changed = await io.repository.changeKey({ ...local, passphrase: passphrase === true ? await readPassword(io) : null });
    renderer.result(toWire(changed), describeChangedKey(changed));
  });
}
