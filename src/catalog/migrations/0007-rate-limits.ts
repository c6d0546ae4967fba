import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('instances').addColumn('rate_mb_per_s', 'double precision').execute();
}

/** How fast backups may read an instance. */
export const rateLimits: Migration = { up };
