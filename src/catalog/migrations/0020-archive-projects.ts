import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('oplog_timelines').addColumn('project_id', 'text').execute();
  await sql`update oplog_timelines set project_id = coalesce(
    (select project_id from instances where id = instance_id),
    (select project_id from backups where backups.instance_id = oplog_timelines.instance_id limit 1))`.execute(db);
  await sql`delete from oplog_timelines where project_id is null`.execute(db);
  await db.schema
    .alterTable('oplog_timelines')
    .alterColumn('project_id', (c) => c.setNotNull())
    .execute();
}

/** Whose an archive is, also once its instance is gone. */
export const archiveProjects: Migration = { up };
