import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';

/** The newest backup of the instance that can be restored; `backup-not-found` if there is none. */
export async function newestBackup(
  db: CatalogHandle,
  instanceId: string,
): Promise<{ readonly id: string; readonly project_id: string }> {
  const newest = await db
    .selectFrom('backups')
    .select(['id', 'project_id'])
    .where('instance_id', '=', instanceId)
    .where('status', '=', 'COMPLETED')
    .orderBy('begin_time', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) throw new LarderError('backup-not-found', 'The instance has no COMPLETED backup.');
  return newest;
}
