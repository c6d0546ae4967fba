import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance, pick } from '../find-by-name.ts';
import { finishJob } from '../finish-job.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';

/** `larder template apply`: one job, also for many instances. */
export function addTemplateApply(template: Command, register: Register): void {
  const command = template
    .command('apply')
    .description('give instances the values of a parameter template, and no others')
    .argument('<template>', 'id or name')
    .argument('<instance...>', 'ids or names')
    .option('--wait', 'end when all of them have it');
  register<{ readonly wait?: true }>(withServerOptions(command), async (context, { wait }, [idOrName = '', ...wanted]) => {
    const api = await context.api();
    const { id, name } = pick('template', await api.templates.list(), idOrName);
    const ids: string[] = [];
    for (const one of wanted) ids.push((await findInstance(api, one)).id);
    const { job_id } = await api.templates.apply(id, ids);
    const begun = { template_id: id, instance_ids: ids, job_id };
    await finishJob(context, api, begun, {
      what: `Application of ${name}`,
      wait: wait === true,
      ended: (job) => ({ text: describeJob(job) }),
    });
  });
}
