import type { EngineDeps } from './engine-deps.ts';
import type { Caller, InstanceMode } from './use-cases.ts';

/** UseCases.countInstances. */
export async function countInstances(deps: EngineDeps, caller: Caller): Promise<Readonly<Record<InstanceMode, number>>> {
  const rows = await deps.catalog.db
    .selectFrom('instances')
    .select((e) => ['mode', e.fn.countAll<number>().as('count')])
    .where('project_id', '=', caller.projectId)
    .groupBy('mode')
    .execute();
  const of = (mode: InstanceMode): number => rows.find((row) => row.mode === mode)?.count ?? 0;
  return { Single: of('Single'), ReplicaSet: of('ReplicaSet'), Sharding: of('Sharding') };
}
