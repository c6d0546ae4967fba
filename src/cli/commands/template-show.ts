import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeTemplate } from '../render/describe-template.ts';

/** `larder template show`. */
export function addTemplateShow(template: Command, register: Register): void {
  const command = template
    .command('show')
    .description('show a parameter template with all its values')
    .argument('<template>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _options, [idOrName = '']) => {
    const { templates } = await api();
    const found = await templates.show(pick('template', await templates.list(), idOrName).id);
    renderer.result(found, describeTemplate(found));
  });
}
