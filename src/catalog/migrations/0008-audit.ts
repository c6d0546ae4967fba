import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_entries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('time', 'timestamptz', (c) => c.notNull())
    .addColumn('project_id', 'text')
    .addColumn('user_id', 'text')
    .addColumn('user_name', 'text')
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('method', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('status', 'integer', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('request_id', 'text', (c) => c.notNull())
    .addColumn('subjects', 'jsonb', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('audit_newest_first').on('audit_entries').columns(['time desc', 'id desc']).execute();
  await db.schema.createIndex('audit_of_a_project').on('audit_entries').columns(['project_id', 'time desc', 'id desc']).execute();
  await db.schema
    .createTable('used_signatures')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('expires', 'timestamptz', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('used_signatures_by_expiry').on('used_signatures').column('expires').execute();
}

/** Who changed what, and the signatures of changes, which count once. */
export const audit: Migration = { up };
