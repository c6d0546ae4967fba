import type { Command } from 'commander';
import { readPolicy } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeRole } from '../render/describe-account.ts';

/** `larder role create`. */
export function addRoleCreate(role: Command, register: Register): void {
  const command = role
    .command('create')
    .description('create a role with a policy of your own')
    .requiredOption('--name <name>', '1 to 64 characters')
    .requiredOption('--policy <file>', 'JSON: {"Version":"1.1","Statement":[{"Effect":"Allow","Action":["dds:*:list"]}]}')
    .option('--description <text>', 'what the role is for');
  register<{ readonly name: string; readonly policy: string; readonly description?: string }>(
    withServerOptions(command),
    async ({ api, io, renderer }, { name, policy, description = '' }) => {
      const created = await (await api()).accounts.createRole({ name, description, policy: await readPolicy(io, policy) });
      renderer.result(created, describeRole(created));
    },
  );
}
