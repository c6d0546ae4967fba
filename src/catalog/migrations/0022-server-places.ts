import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('server_places')
    .addColumn('place', 'text', (c) => c.primaryKey())
    .addColumn('seen', 'timestamptz', (c) => c.notNull())
    .execute();
}

/** Where instances of Larder's own run, and when a server of Larder was last there to look after them. */
export const serverPlaces: Migration = { up };
