import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { CatalogSchema } from './schema.ts';
import { allMigrations } from './migrations/all-migrations.ts';

/**
 * Brings the catalog to the newest version, all in one transaction; returns the names of what was run. Several servers may do
 * so at the same moment: an advisory lock lets one work and the others find nothing left to do. Throws what the database threw.
 */
export async function migrateCatalog(db: Kysely<CatalogSchema>): Promise<readonly string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...allMigrations }) },
    migrationTableName: 'catalog_migrations',
    migrationLockTableName: 'catalog_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}
