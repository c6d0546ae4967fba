import type { Command } from 'commander';
import type { RolesInScope } from '../accounts-api.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

/** `larder user show`: with the roles in every place. */
export function addUserShow(user: Command, register: Register): void {
  const command = user.command('show').description('show a user and their roles').argument('<user>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _, [idOrName = '']) => {
    const { accounts } = await api();
    const found = pick('user', await accounts.listUsers(), idOrName);
    const everywhere = { kind: 'domains' as const, id: await accounts.domainId() };
    const roles: RolesInScope[] = [{ scope: 'domain', roles: await accounts.listUserRoles(found.id, everywhere) }];
    for (const { id, name } of await accounts.listProjects()) {
      roles.push({ scope: name, roles: await accounts.listUserRoles(found.id, { kind: 'projects', id }) });
    }
    const held = roles.filter((one) => one.roles.length > 0);
    renderer.result({ ...found, roles: held }, describeAccount(found, held));
  });
}
