import { sql } from 'kysely';
import { afterMarker } from './after-marker.ts';
import type { EngineDeps } from './engine-deps.ts';
import { instancesOf } from './instance-from-row.ts';
import type { Caller, Instance, InstanceFilter, Rows } from './use-cases.ts';

/** UseCases.listInstances. Answers from the catalog alone; servers are asked by `showInstance` and before each operation. */
export async function listInstances(deps: EngineDeps, caller: Caller, filter: InstanceFilter): Promise<Rows<Instance>> {
  let matching = deps.catalog.db.selectFrom('instances').where('project_id', '=', caller.projectId);
  const { id, name, mode, marker, vpcId, subnetId, tags } = filter;
  if (vpcId !== undefined) matching = matching.where(sql<boolean>`own->'sent'->>'vpcId' = ${vpcId}`);
  if (subnetId !== undefined) matching = matching.where(sql<boolean>`own->'sent'->>'subnetId' = ${subnetId}`);
  if (tags !== undefined) matching = matching.where(sql<boolean>`tags @> ${JSON.stringify(tags)}::jsonb`);
  if (id !== undefined) matching = matching.where('id', '=', id);
  if (mode !== undefined) matching = matching.where('mode', '=', mode);
  if (name !== undefined) {
    matching = name.startsWith('*')
      ? matching.where(sql<boolean>`strpos(name, ${name.slice(1)}) > 0`)
      : matching.where('name', '=', name);
  }

  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  let page = matching.selectAll().orderBy('created', 'desc').orderBy('id', 'desc').limit(filter.limit).offset(filter.offset);
  if (marker !== undefined) {
    page = page.where(
      afterMarker({ table: 'instances', column: 'created', descending: true, marker, projectId: caller.projectId }),
    );
  }
  const rows = await page.execute();
  return { rows: await instancesOf(deps, rows), total };
}
