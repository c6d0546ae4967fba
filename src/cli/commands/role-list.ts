import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeRoles } from '../render/describe-account.ts';

/** `larder role list`. */
export function addRoleList(role: Command, register: Register): void {
  const command = role.command('list').description('list the roles');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const roles = await (await api()).accounts.listRoles();
    renderer.result({ roles }, describeRoles(roles));
  });
}
