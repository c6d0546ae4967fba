import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('catalog_id')
    .addColumn('only', 'boolean', (c) => c.primaryKey())
    .addColumn('id', 'text', (c) => c.notNull())
    .execute();
}

/** Which catalog this is: a repository belongs to one. */
export const catalogId: Migration = { up };
