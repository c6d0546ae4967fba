import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';

/** `larder project delete`: only an empty one. */
export function addProjectDelete(project: Command, register: Register): void {
  const command = project
    .command('delete')
    .description('delete a project')
    .argument('<project>', 'id or name')
    .option('--yes', 'do not ask');
  register<{ readonly yes?: true }>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id, name } = pick('project', await accounts.listProjects(), idOrName);
    if (options.yes !== true) await confirm(io, `Delete the project ${name}?`);
    await accounts.deleteProject(id);
    renderer.result({ id, name, deleted: true }, `${name} is deleted.`);
  });
}
