import type { Command } from 'commander';
import { readPolicy } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeRole } from '../render/describe-account.ts';

interface Options {
  readonly name?: string;
  readonly description?: string;
  readonly policy?: string;
}

/** `larder role set`: holds from the next request on. */
export function addRoleSet(role: Command, register: Register): void {
  const command = role
    .command('set')
    .description('change a role of your own')
    .argument('<role>', 'id or name')
    .option('--name <name>', 'another name')
    .option('--description <text>', 'what the role is for')
    .option('--policy <file>', 'another policy');
  register<Options>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id } = pick('role', await accounts.listRoles(), idOrName);
    const { name, description, policy } = options;
    const changed = await accounts.updateRole(id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(policy === undefined ? {} : { policy: await readPolicy(io, policy) }),
    });
    renderer.result(changed, describeRole(changed));
  });
}
