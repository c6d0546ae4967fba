import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['users', 'projects']) {
    await db.schema
      .alterTable(table)
      .addColumn('enabled', 'boolean', (c) => c.notNull().defaultTo(true))
      .addColumn('description', 'text', (c) => c.notNull().defaultTo(''))
      .execute();
  }
  await db.schema
    .alterTable('roles')
    .addColumn('description', 'text', (c) => c.notNull().defaultTo(''))
    .addColumn('policy', 'jsonb')
    .execute();
  await db.schema.createIndex('tokens_by_user').on('tokens').column('user_id').execute();
  await db.schema.createIndex('role_grants_by_scope').on('role_grants').column('scope_id').execute();
}

/** Users and projects that can be switched off, and roles with policies of their own. */
export const managedIdentity: Migration = { up };
