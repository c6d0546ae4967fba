import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';

/** `larder user delete`: with tokens and access keys. */
export function addUserDelete(user: Command, register: Register): void {
  const command = user
    .command('delete')
    .description('delete a user')
    .argument('<user>', 'id or name')
    .option('--yes', 'do not ask');
  register<{ readonly yes?: true }>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id, name } = pick('user', await accounts.listUsers(), idOrName);
    if (options.yes !== true) await confirm(io, `Delete the user ${name}?`);
    await accounts.deleteUser(id);
    renderer.result({ id, name, deleted: true }, `${name} is deleted.`);
  });
}
