import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

/** `larder project create`. */
export function addProjectCreate(project: Command, register: Register): void {
  const command = project
    .command('create')
    .description('create a project')
    .requiredOption('--name <name>', '1 to 64 characters; clients expect it to begin with the region and _')
    .option('--description <text>', 'what the project is for');
  register<{ readonly name: string; readonly description?: string }>(
    withServerOptions(command),
    async ({ api, renderer }, { name, description = '' }) => {
      const created = await (await api()).accounts.createProject({ name, description });
      renderer.result(created, describeAccount(created));
    },
  );
}
