import { sql, type RawBuilder } from 'kysely';

/** True of a job that is about one of these backups, or may fall back on one on its way to a point in time. */
export function readsOneOf(ids: readonly string[]): RawBuilder<boolean> {
  const list = sql.join(ids);
  return sql<boolean>`(jobs.backup_id in (${list}) or exists (
    select 1 from jsonb_array_elements_text(jobs.request -> 'pointInTime' -> 'olderBases') as older(id) where older.id in (${list})
  ))`;
}
