import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';

/** `larder role delete`: whoever had it has it no more. */
export function addRoleDelete(role: Command, register: Register): void {
  const command = role
    .command('delete')
    .description('delete a role')
    .argument('<role>', 'id or name')
    .option('--yes', 'do not ask');
  register<{ readonly yes?: true }>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id, name } = pick('role', await accounts.listRoles(), idOrName);
    if (options.yes !== true) await confirm(io, `Delete the role ${name}?`);
    await accounts.deleteRole(id);
    renderer.result({ id, name, deleted: true }, `${name} is deleted.`);
  });
}
