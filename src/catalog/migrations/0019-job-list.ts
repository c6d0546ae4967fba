import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('jobs_newest_first').on('jobs').columns(['project_id', 'created desc', 'id desc']).execute();
}

/** Listing the jobs of a project. */
export const jobList: Migration = { up };
