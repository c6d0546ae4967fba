import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeTemplates } from '../render/describe-template.ts';

/** `larder template list`. */
export function addTemplateList(template: Command, register: Register): void {
  const command = template.command('list').description('list the parameter templates, those with the defaults first');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const templates = await (await api()).templates.list();
    renderer.result({ templates }, describeTemplates(templates));
  });
}
