import type { CatalogHandle } from '../catalog/schema.ts';

/** Keeps why what is due by a policy or a schedule could not begin; true if that is news. Nothing is written once the row has another revision. */
export async function noteTrouble(
  db: CatalogHandle,
  table: 'backup_policies' | 'drill_schedules',
  row: { readonly instance_id: string; readonly revision: number },
  trouble: string,
): Promise<boolean> {
  const news = await db
    .updateTable(table)
    .set({ trouble })
    .where('instance_id', '=', row.instance_id)
    .where('revision', '=', row.revision)
    .where('trouble', 'is distinct from', trouble)
    .returning('instance_id')
    .executeTakeFirst();
  return news !== undefined;
}
