import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('request', 'jsonb').addColumn('result', 'jsonb').execute();
  await db.schema.alterTable('backups').addColumn('proof', 'jsonb').execute();
}

/** What a restore was asked for beyond its backup and target, what came of it, and what that proves of the backup. */
export const restoreProofs: Migration = { up };
