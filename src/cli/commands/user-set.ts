import type { Command } from 'commander';
import { findScope, readPassword, readSwitches, type SwitchOptions } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

interface Options extends SwitchOptions {
  readonly password?: true;
  readonly grant?: string;
  readonly revoke?: string;
  readonly project?: string;
}

/** `larder user set`: who is disabled, or has another password, is logged out everywhere. */
export function addUserSet(user: Command, register: Register): void {
  const command = user
    .command('set')
    .description('change a user')
    .argument('<user>', 'id or name')
    .option('--name <name>', 'another name')
    .option('--description <text>', 'what the user is for')
    .option('--password', 'read another password from standard input')
    .option('--enable', 'let the user in')
    .option('--disable', 'keep the user out, at once')
    .option('--grant <role>', 'give this role')
    .option('--revoke <role>', 'take this role')
    .option('--project <project>', 'in this project; without it the role holds everywhere');
  register<Options>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id } = pick('user', await accounts.listUsers(), idOrName);
    const roles = options.grant === undefined && options.revoke === undefined ? [] : await accounts.listRoles();
    const granted = options.grant === undefined ? null : pick('role', roles, options.grant);
    const revoked = options.revoke === undefined ? null : pick('role', roles, options.revoke);
    const password = options.password === true ? { password: await readPassword(io) } : {};
    const changed = await accounts.updateUser(id, { ...readSwitches(options), ...password });
    if (granted !== null) await accounts.grantRole(id, await findScope(accounts, options.project), granted.id);
    if (revoked !== null) await accounts.revokeRole(id, await findScope(accounts, options.project), revoked.id);
    renderer.result(changed, describeAccount(changed));
  });
}
