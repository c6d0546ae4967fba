import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import type { InstanceRow } from './instance-from-row.ts';

/** The project's instance. `instance-not-found`, also for one of another project: whether that exists is nobody's business. */
export async function findInstance(db: CatalogHandle, projectId: string, instanceId: string): Promise<InstanceRow> {
  const row = await db
    .selectFrom('instances')
    .selectAll()
    .where('id', '=', instanceId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  if (row === undefined) throw new LarderError('instance-not-found', 'The instance does not exist.');
  return row;
}
