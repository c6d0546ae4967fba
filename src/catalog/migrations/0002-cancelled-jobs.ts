import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('cancelled_by', 'text').execute();
}

/** Who asked for the end of a running job; whoever runs it looks there. */
export const cancelledJobs: Migration = { up };
