import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance, pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { requireCompleted, waitForJob } from '../wait-for-job.ts';

/** `larder template apply`: one job, also for many instances. */
export function addTemplateApply(template: Command, register: Register): void {
  const command = template
    .command('apply')
    .description('give instances the values of a parameter template, and no others')
    .argument('<template>', 'id or name')
    .argument('<instance...>', 'ids or names')
    .option('--wait', 'end when all of them have it');
  register<{ readonly wait?: true }>(withServerOptions(command), async (context, { wait }, [idOrName = '', ...wanted]) => {
    const { io, renderer } = context;
    const api = await context.api();
    const { id, name } = pick('template', await api.templates.list(), idOrName);
    const ids: string[] = [];
    for (const one of wanted) ids.push((await findInstance(api, one)).id);
    const { job_id } = await api.templates.apply(id, ids);
    const begun = { template_id: id, instance_ids: ids, job_id };
    const said = `Application of ${name} begun, job ${job_id}.`;
    if (wait !== true) {
      renderer.result(begun, said);
      return;
    }
    renderer.note(said);
    const job = await waitForJob(api, job_id, { signal: io.signal, renderer });
    requireCompleted(job);
    renderer.result({ ...begun, job }, describeJob(job));
  });
}
