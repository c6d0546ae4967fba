import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('drill_schedules')
    .addColumn('instance_id', 'text', (c) => c.primaryKey().references('instances.id').onDelete('cascade'))
    .addColumn('every_days', 'integer', (c) => c.notNull())
    .addColumn('start_time', 'text')
    .addColumn('proof_days', 'integer', (c) => c.notNull())
    .addColumn('assertions', 'jsonb', (c) => c.notNull())
    .addColumn('since', 'timestamptz', (c) => c.notNull())
    .addColumn('revision', 'integer', (c) => c.notNull())
    .addColumn('begun', 'timestamptz')
    .addColumn('job_id', 'text')
    .addColumn('trouble', 'text')
    .execute();

  await db.schema
    .createTable('instance_proofs')
    .addColumn('instance_id', 'text', (c) => c.primaryKey().references('instances.id').onDelete('cascade'))
    .addColumn('backup_id', 'text', (c) => c.notNull())
    .addColumn('proof', 'jsonb', (c) => c.notNull())
    .addColumn('proved', 'timestamptz')
    .execute();
}

/** Drills that come by themselves, and what the last proof of each instance was. */
export const drillSchedules: Migration = { up };
