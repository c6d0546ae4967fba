import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance, pick } from '../find-by-name.ts';
import { finishInstanceJob } from '../finish-job.ts';
import { collect, readParameterValues } from '../read-pairs.ts';
import type { Register } from '../register.ts';
import { describeParameters } from '../render/describe-parameters.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly set?: readonly string[];
  readonly template?: string;
  readonly wait?: true;
}

/** `larder instance parameters`: shows them, or changes some, or gives an instance those of a template. */
export function addInstanceParameters(instance: Command, register: Register): void {
  const command = instance
    .command('parameters')
    .description('show the parameters of the servers of an instance, or change them')
    .argument('<instance>', 'id or name')
    .option('--set <name=value>', 'may be given again', collect)
    .option('--template <template>', 'id or name of a parameter template: its values and no others')
    .option('--wait', 'end when they are changed');
  register<Options>(withServerOptions(command), async (context, { set = [], template, wait }, [idOrName = '']) => {
    if (set.length > 0 && template !== undefined) throw usageError('Give --set or --template, not both.');
    const values = readParameterValues(set);
    const api = await context.api();
    const { id, name } = await findInstance(api, idOrName);
    if (template !== undefined) {
      const found = pick('template', await api.templates.list(), template);
      const { job_id } = await api.templates.apply(found.id, [id]);
      return finishInstanceJob(
        context,
        api,
        { job_id },
        { what: `${found.name} for ${name}`, instanceId: id, wait: wait === true },
      );
    }
    if (set.length > 0) {
      const { job_id, restart_required } = await api.ownInstances.setParameters(id, values);
      if (restart_required) context.renderer.note(`Some are in force after \`larder instance restart ${idOrName}\` only.`);
      const begun = { job_id, restart_required };
      return finishInstanceJob(context, api, begun, { what: `Change of ${name}`, instanceId: id, wait: wait === true });
    }
    const parameters = await api.ownInstances.parameters(id);
    context.renderer.result({ instance_id: id, parameters }, describeParameters(parameters));
  });
}
