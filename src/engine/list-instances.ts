import { sql } from 'kysely';
import type { EngineDeps } from './engine-deps.ts';
import { instancesOf } from './instance-from-row.ts';
import { pageOfRows } from './page-of-rows.ts';
import type { Caller, Instance, InstanceFilter, Rows } from './use-cases.ts';

/** UseCases.listInstances. Answers from the catalog alone; servers are asked by `showInstance` and before each operation. */
export async function listInstances(deps: EngineDeps, caller: Caller, filter: InstanceFilter): Promise<Rows<Instance>> {
  let matching = deps.catalog.db.selectFrom('instances').where('project_id', '=', caller.projectId);
  const { id, name, mode, vpcId, subnetId, tags } = filter;
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

  const { rows, total } = await pageOfRows('instances', matching, { ...filter, column: 'created', projectId: caller.projectId });
  return { rows: await instancesOf(deps, rows), total };
}
