import { sql, type RawBuilder } from 'kysely';

/** True of a job that is about one of these backups, or whose legs begin with one or may fall back on it on their way to a point in time. */
export function readsOneOf(ids: readonly string[]): RawBuilder<boolean> {
  const path = '$.legs[*] ? (@.backupId == $ids[*] || @.pointInTime.olderBases[*] == $ids[*])';
  return sql<boolean>`(jobs.backup_id in (${sql.join(ids)})
    or jsonb_path_exists(jobs.request, ${sql.lit(path)}, jsonb_build_object('ids', ${JSON.stringify(ids)}::jsonb)))`;
}
