import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeAccounts } from '../render/describe-account.ts';

/** `larder user list`. */
export function addUserList(user: Command, register: Register): void {
  const command = user.command('list').description('list the users');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const users = await (await api()).accounts.listUsers();
    renderer.result({ users }, describeAccounts(users, 'No users.'));
  });
}
