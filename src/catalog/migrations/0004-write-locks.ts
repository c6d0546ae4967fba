import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['instances', 'jobs']) {
    await db.schema
      .alterTable(table)
      .addColumn('lock', 'boolean', (c) => c.notNull().defaultTo(false))
      .execute();
  }
}

/** Whether a single server is locked against writes during its backups, and during this one. */
export const writeLocks: Migration = { up };
