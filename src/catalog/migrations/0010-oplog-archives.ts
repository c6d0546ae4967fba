import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oplog_followers')
    .addColumn('instance_id', 'text', (c) => c.primaryKey().references('instances.id').onDelete('cascade'))
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('lease_until', 'timestamptz', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('cause', 'text')
    .addColumn('since', 'timestamptz', (c) => c.notNull())
    .addColumn('source_seconds', 'bigint')
    .addColumn('window_seconds', 'bigint')
    .execute();
  await db.schema
    .createTable('oplog_timelines')
    .addColumn('instance_id', 'text', (c) => c.notNull())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('begun', 'timestamptz')
    .addColumn('gap', 'jsonb')
    .addColumn('stretches', 'jsonb', (c) => c.notNull())
    .addPrimaryKeyConstraint('oplog_timelines_pkey', ['instance_id', 'number'])
    .execute();
  await db.schema.alterTable('backups').addColumn('replay_base', 'jsonb').execute();
}

/** Who archives the oplog of which instance, how far that is, and the images that archived entries can be replayed on. */
export const oplogArchives: Migration = { up };
