import type { Selectable } from 'kysely';
import type { BackupsTable, CatalogHandle, CatalogTransaction } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';

const query = (db: CatalogHandle, projectId: string, backupId: string) =>
  db.selectFrom('backups').selectAll().where('id', '=', backupId).where('project_id', '=', projectId);

const found = (row: Selectable<BackupsTable> | undefined): Selectable<BackupsTable> => {
  if (row === undefined) throw new LarderError('backup-not-found', 'The backup does not exist.');
  return row;
};

/** The project's backup. `backup-not-found`, also for one of another project. */
export async function findBackup(db: CatalogHandle, projectId: string, backupId: string): Promise<Selectable<BackupsTable>> {
  return found(await query(db, projectId, backupId).executeTakeFirst());
}

/** The same, and nobody else changes or locks it until the transaction ends. Always taken before an instance, never after. */
export async function lockBackup(
  trx: CatalogTransaction,
  projectId: string,
  backupId: string,
): Promise<Selectable<BackupsTable>> {
  return found(await query(trx, projectId, backupId).forUpdate().executeTakeFirst());
}
