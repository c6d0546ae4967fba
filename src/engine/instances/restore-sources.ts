import type { CatalogHandle } from '../../catalog/schema.ts';

/** Which of the instances new ones are being made of: of a backup of theirs, or of what they held at a moment. */
export async function findRestoreSources(db: CatalogHandle, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('jobs')
    // For a moment, of the instance as well: it is the backup that the way there begins with.
    .innerJoin('backups', 'backups.id', 'jobs.backup_id')
    .select('backups.instance_id')
    .distinct()
    .where('jobs.kind', '=', 'create-instance')
    .where('jobs.status', '=', 'Running')
    .where('backups.instance_id', 'in', ids)
    .execute();
  return new Set(rows.map(({ instance_id: id }) => id));
}
