import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('backups').addColumn('keep_days', 'integer').execute();

  await db.schema
    .createTable('backup_policies')
    .addColumn('instance_id', 'text', (c) => c.primaryKey().references('instances.id').onDelete('cascade'))
    .addColumn('keep_days', 'integer', (c) => c.notNull())
    .addColumn('start_time', 'text')
    .addColumn('period', 'text', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('first_due', 'boolean', (c) => c.notNull())
    .addColumn('settled_until', 'timestamptz')
    .addColumn('trouble', 'text')
    .execute();

  await db.schema
    .createTable('backup_windows')
    .addColumn('instance_id', 'text', (c) => c.notNull().references('instances.id').onDelete('cascade'))
    .addColumn('starts', 'timestamptz', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('backup_id', 'text')
    .addColumn('reason', 'text')
    .addColumn('noted', 'timestamptz', (c) => c.notNull())
    .addPrimaryKeyConstraint('backup_windows_pkey', ['instance_id', 'starts'])
    .execute();

  await db.schema
    .createTable('seen_time')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('seen', 'timestamptz', (c) => c.notNull())
    .addColumn('hold_until', 'timestamptz', (c) => c.notNull())
    .execute();
}

/** The automated backups: what is wanted, what came of each window, how long a backup is kept. */
export const backupPolicies: Migration = { up };
