import { afterMarker } from './after-marker.ts';
import type { EngineDeps } from './engine-deps.ts';
import { jobFromRow } from './job-from-row.ts';
import type { Caller, Job, JobFilter, Rows } from './use-cases.ts';

/** UseCases.listJobs. A marker that is no job of the project has no rows after it. */
export async function listJobs(deps: EngineDeps, caller: Caller, filter: JobFilter): Promise<Rows<Job>> {
  let matching = deps.catalog.db.selectFrom('jobs').where('project_id', '=', caller.projectId);
  const { id, name, status, begin, end, marker } = filter;
  if (id !== undefined) matching = matching.where('id', '=', id);
  if (name !== undefined) matching = matching.where('name', '=', name);
  if (status !== undefined) matching = matching.where('status', '=', status);
  if (begin !== undefined) matching = matching.where('created', '>=', begin);
  if (end !== undefined) matching = matching.where('created', '<=', end);

  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  let page = matching.selectAll().orderBy('created', 'desc').orderBy('id', 'desc').limit(filter.limit).offset(filter.offset);
  if (marker !== undefined) {
    page = page.where(afterMarker({ table: 'jobs', column: 'created', descending: true, marker, projectId: caller.projectId }));
  }
  return { rows: (await page.execute()).map(jobFromRow), total };
}
