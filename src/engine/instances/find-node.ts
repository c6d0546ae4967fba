import { sql } from 'kysely';
import { LarderError } from '../../core/errors.ts';
import type { EngineDeps } from '../engine-deps.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import type { Caller, InstanceNode } from '../use-cases.ts';
import { requireNode } from './begin-change.ts';

/** The project's instance that has the node. `node-not-found`. */
export async function findNode(
  deps: Pick<EngineDeps, 'catalog'>,
  caller: Caller,
  nodeId: string,
): Promise<{ readonly row: InstanceRow; readonly node: InstanceNode }> {
  const row = await deps.catalog.db
    .selectFrom('instances')
    .selectAll()
    .where('project_id', '=', caller.projectId)
    .where(sql<boolean>`nodes @> ${JSON.stringify([{ id: nodeId }])}::jsonb`)
    .executeTakeFirst();
  if (row === undefined) throw new LarderError('node-not-found', 'The node does not exist.');
  return { row, node: requireNode(row, nodeId) };
}
