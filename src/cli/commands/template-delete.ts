import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';

/** `larder template delete`: instances that have its values keep them. */
export function addTemplateDelete(template: Command, register: Register): void {
  const command = template
    .command('delete')
    .description('delete a parameter template; instances that have its values stay as they are')
    .argument('<template>', 'id or name')
    .option('--yes', 'do not ask');
  register<{ readonly yes?: true }>(withServerOptions(command), async ({ api, io, renderer }, options, [idOrName = '']) => {
    const { templates } = await api();
    const { id, name } = pick('template', await templates.list(), idOrName);
    if (options.yes !== true) await confirm(io, `Delete the template ${name} and its history?`);
    await templates.remove(id);
    renderer.result({ id, name, deleted: true }, `${name} is deleted.`);
  });
}
