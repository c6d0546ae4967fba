import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeRole } from '../render/describe-account.ts';

/** `larder role show`. */
export function addRoleShow(role: Command, register: Register): void {
  const command = role.command('show').description('show a role and its policy').argument('<role>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _, [idOrName = '']) => {
    const found = pick('role', await (await api()).accounts.listRoles(), idOrName);
    renderer.result(found, describeRole(found));
  });
}
