import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import { collect, readParameterValues } from '../read-pairs.ts';
import type { Register } from '../register.ts';
import { describeTemplate } from '../render/describe-template.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly name?: string;
  readonly description?: string;
  readonly set?: readonly string[];
  readonly reset?: true;
}

/** `larder template set`: instances that have its values keep those they have. */
export function addTemplateSet(template: Command, register: Register): void {
  const command = template
    .command('set')
    .description('change a parameter template; instances that have its values stay as they are')
    .argument('<template>', 'id or name')
    .option('--name <name>', 'another name')
    .option('--description <text>', 'what it is for')
    .option('--reset', 'give it the defaults first')
    .option('--set <name=value>', 'may be given again', collect);
  register<Options>(withServerOptions(command), async ({ api, renderer }, options, [idOrName = '']) => {
    const { name, description, set = [], reset } = options;
    const values = readParameterValues(set);
    const changes = name !== undefined || description !== undefined || set.length > 0;
    if (!changes && reset !== true) throw usageError('Say what is to be changed.');
    const { templates } = await api();
    const { id } = pick('template', await templates.list(), idOrName);
    if (reset === true) await templates.reset(id);
    if (changes) {
      await templates.update(id, {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        parameter_values: values,
      });
    }
    const changed = await templates.show(id);
    renderer.result(changed, describeTemplate(changed));
  });
}
