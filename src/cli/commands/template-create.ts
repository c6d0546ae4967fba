import type { Command } from 'commander';
import { Option } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance, pick } from '../find-by-name.ts';
import type { LarderApi } from '../larder-api.ts';
import { collect, readParameterValues } from '../read-pairs.ts';
import type { Register } from '../register.ts';
import { describeTemplate } from '../render/describe-template.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly name: string;
  readonly description?: string;
  readonly mode?: 'ReplicaSet' | 'Single';
  readonly engineVersion?: string;
  readonly fromInstance?: string;
  readonly copy?: string;
  readonly set?: readonly string[];
}

/** `larder template create`: of values, of the parameters that an instance has, or as a copy. */
export function addTemplateCreate(template: Command, register: Register): void {
  const command = template
    .command('create')
    .description('make a parameter template; what it does not set has the default of the server')
    .requiredOption('--name <name>', '1 to 64 letters, digits, hyphens, underscores, full stops')
    .option('--description <text>', 'what it is for')
    .addOption(new Option('--mode <mode>', 'for servers of this kind (ReplicaSet)').choices(['ReplicaSet', 'Single']))
    .option('--engine-version <version>', 'and of this version, as 6.0; the newest that can be created')
    .option('--from-instance <instance>', 'instead: with the parameters of this instance, for such servers')
    .option('--copy <template>', 'instead: a copy of this template')
    .option('--set <name=value>', 'may be given again', collect);
  register<Options>(withServerOptions(command), async ({ api, renderer }, options) => {
    refuseMixture(options);
    const values = readParameterValues(options.set ?? []);
    const opened = await api();
    const { id } = await create(opened, options, values);
    const created = await opened.templates.show(id);
    renderer.result(created, describeTemplate(created));
  });
}

/** Wrong usage is known before anybody is asked. */
function refuseMixture({ mode, engineVersion, fromInstance, copy, set }: Options): void {
  const kind = mode !== undefined || engineVersion !== undefined;
  if ([kind, fromInstance !== undefined, copy !== undefined].filter(Boolean).length > 1)
    throw usageError('Give --mode and --engine-version, or --from-instance, or --copy.');
  if (copy !== undefined && set !== undefined) throw usageError('A copy has the values of its template: change it afterwards.');
}

async function create(
  api: LarderApi,
  options: Options,
  values: Readonly<Record<string, string>>,
): Promise<{ readonly id: string }> {
  const { templates } = api;
  const { name, description = '', mode, engineVersion, fromInstance, copy } = options;
  if (copy !== undefined) return templates.copy(pick('template', await templates.list(), copy).id, { name, description });
  const draft = { name, description, parameter_values: values };
  if (fromInstance !== undefined) return templates.create({ ...draft, entity_id: (await findInstance(api, fromInstance)).id });
  const version = engineVersion ?? (await api.ownInstances.versions()).at(-1) ?? '';
  return templates.create({ ...draft, datastore: { node_type: mode === 'Single' ? 'single' : 'replica', version } });
}
