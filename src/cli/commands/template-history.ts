import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeTemplateHistory } from '../render/describe-template.ts';

/** `larder template history`. */
export function addTemplateHistory(template: Command, register: Register): void {
  const command = template
    .command('history')
    .description('show what was changed in a parameter template, and to which instances it was applied')
    .argument('<template>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _options, [idOrName = '']) => {
    const { templates } = await api();
    const { id } = pick('template', await templates.list(), idOrName);
    const [changes, uses] = [await templates.changes(id), await templates.uses(id)];
    renderer.result({ changes, uses }, describeTemplateHistory(changes, uses));
  });
}
