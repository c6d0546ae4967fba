import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('instances').addColumn('own', 'jsonb').execute();
  await db.schema
    .alterTable('instances')
    .addColumn('tags', 'jsonb', (c) => c.notNull().defaultTo(sql`'[]'::jsonb`))
    .execute();
}

/** Instances whose servers Larder started itself, and tags of any. */
export const ownInstances: Migration = { up };
