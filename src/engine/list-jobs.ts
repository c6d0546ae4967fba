import type { EngineDeps } from './engine-deps.ts';
import { jobFromRow } from './job-from-row.ts';
import { pageOfRows } from './page-of-rows.ts';
import type { Caller, Job, JobFilter, Rows } from './use-cases.ts';

/** UseCases.listJobs. A marker that is no job of the project has no rows after it. */
export async function listJobs(deps: EngineDeps, caller: Caller, filter: JobFilter): Promise<Rows<Job>> {
  let matching = deps.catalog.db.selectFrom('jobs').where('project_id', '=', caller.projectId);
  const { id, name, status, begin, end } = filter;
  if (id !== undefined) matching = matching.where('id', '=', id);
  if (name !== undefined) matching = matching.where('name', '=', name);
  if (status !== undefined) matching = matching.where('status', '=', status);
  if (begin !== undefined) matching = matching.where('created', '>=', begin);
  if (end !== undefined) matching = matching.where('created', '<=', end);

  const { rows, total } = await pageOfRows('jobs', matching, { ...filter, column: 'created', projectId: caller.projectId });
  return { rows: rows.map(jobFromRow), total };
}
