import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeDifferences } from '../render/describe-template.ts';

/** `larder template compare`. */
export function addTemplateCompare(template: Command, register: Register): void {
  const command = template
    .command('compare')
    .description('show in what two parameter templates differ')
    .argument('<template>', 'id or name')
    .argument('<other>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _options, [one = '', other = '']) => {
    const { templates } = await api();
    const all = await templates.list();
    const [source, target] = [pick('template', all, one), pick('template', all, other)];
    const differences = await templates.compare(source.id, target.id);
    renderer.result({ differences }, describeDifferences([source.name, target.name], differences));
  });
}
