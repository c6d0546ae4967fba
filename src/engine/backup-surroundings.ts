import type { CatalogHandle, InstancesTable } from '../catalog/schema.ts';
import { findPolicyRows, type PolicyRows } from './policy-row.ts';

/** What a list of backups tells beside the backups' own rows: by the id of the instance. An instance that is gone has nothing. */
export interface BackupSurroundings {
  readonly policies: PolicyRows;
  readonly instances: ReadonlyMap<string, Pick<InstancesTable, 'status' | 'action'>>;
}

/** Two questions to the catalog, however many backups there are. */
export async function findBackupSurroundings(db: CatalogHandle, instanceIds: readonly string[]): Promise<BackupSurroundings> {
  const ids = [...new Set(instanceIds)];
  if (ids.length === 0) return { policies: new Map(), instances: new Map() };
  const rows = await db.selectFrom('instances').select(['id', 'status', 'action']).where('id', 'in', ids).execute();
  return { policies: await findPolicyRows(db, ids), instances: new Map(rows.map((row) => [row.id, row])) };
}
