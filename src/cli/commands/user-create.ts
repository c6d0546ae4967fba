import type { Command } from 'commander';
import { findScope, newPassword, readPassword } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

interface Options {
  readonly name: string;
  readonly description?: string;
  readonly password?: true;
  readonly role?: string;
  readonly project?: string;
}

/** `larder user create`: without --password a password is made and shown this once. */
export function addUserCreate(user: Command, register: Register): void {
  const command = user
    .command('create')
    .description('create a user')
    .requiredOption('--name <name>', '1 to 64 characters')
    .option('--description <text>', 'what the user is for')
    .option('--password', 'read the password from standard input instead of making one')
    .option('--role <role>', 'give this role: admin, operator, reader or one of your own')
    .option('--project <project>', 'in this project; without it the role holds everywhere');
  register<Options>(withServerOptions(command), async ({ api, io, renderer }, options) => {
    const { accounts } = await api();
    // Looked up first: a user should not be left without the role because its name is wrong.
    const role = options.role === undefined ? null : pick('role', await accounts.listRoles(), options.role);
    const scope = role === null ? null : await findScope(accounts, options.project);
    const password = options.password === true ? await readPassword(io) : newPassword();
    const { name, description = '' } = options;
    const created = await accounts.createUser({ name, description, password });
    if (role !== null && scope !== null) await accounts.grantRole(created.id, scope, role.id);
    if (options.password === true) renderer.result(created, describeAccount(created));
    else renderer.result({ ...created, password }, `${describeAccount(created)}\n\nPassword: ${password}\nIt is shown only now.`);
  });
}
