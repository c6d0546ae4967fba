import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('domains')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .execute();

  await db.schema
    .createTable('projects')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('domain_id', 'text', (c) => c.notNull().references('domains.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .addUniqueConstraint('projects_name_is_unique', ['domain_id', 'name'])
    .execute();

  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('domain_id', 'text', (c) => c.notNull().references('domains.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .addUniqueConstraint('users_name_is_unique', ['domain_id', 'name'])
    .execute();

  await db.schema
    .createTable('roles')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .execute();

  await db.schema
    .createTable('role_grants')
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('role_id', 'text', (c) => c.notNull().references('roles.id'))
    .addColumn('scope_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('role_grants_pkey', ['user_id', 'role_id', 'scope_id'])
    .execute();

  await db.schema
    .createTable('tokens')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('project_id', 'text', (c) => c.references('projects.id').onDelete('cascade'))
    .addColumn('domain_id', 'text', (c) => c.references('domains.id').onDelete('cascade'))
    .addColumn('methods', 'text', (c) => c.notNull())
    .addColumn('issued', 'timestamptz', (c) => c.notNull())
    .addColumn('expires', 'timestamptz', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('tokens_by_expiry').on('tokens').column('expires').execute();

  await db.schema
    .createTable('access_keys')
    .addColumn('access', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id').onDelete('cascade'))
    .addColumn('sealed_secret', 'text', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('access_keys_by_user').on('access_keys').column('user_id').execute();

  await db.schema
    .createTable('instances')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('mode', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('action', 'text')
    .addColumn('action_job_id', 'text')
    .addColumn('sealed_uri', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('server_version', 'text', (c) => c.notNull())
    .addColumn('set_name', 'text')
    .addColumn('tls', 'boolean', (c) => c.notNull())
    .addColumn('nodes', 'jsonb', (c) => c.notNull())
    .addColumn('holds_user_data', 'boolean', (c) => c.notNull())
    .addColumn('probed', 'timestamptz', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .addColumn('updated', 'timestamptz', (c) => c.notNull())
    .addCheckConstraint('instances_action_has_a_job', sql`(action is null) = (action_job_id is null)`)
    .execute();
  await db.schema
    .createIndex('instances_newest_first')
    .on('instances')
    .columns(['project_id', 'created desc', 'id desc'])
    .execute();

  await db.schema
    .createTable('backups')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('instance_id', 'text', (c) => c.notNull())
    .addColumn('instance_name', 'text', (c) => c.notNull())
    .addColumn('instance_mode', 'text', (c) => c.notNull())
    .addColumn('datastore_version', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('begin_time', 'timestamptz', (c) => c.notNull())
    .addColumn('end_time', 'timestamptz')
    .addColumn('size_bytes', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('fail_reason', 'text')
    .addUniqueConstraint('backups_name_is_unique', ['project_id', 'name'])
    .execute();
  await db.schema
    .createIndex('backups_newest_first')
    .on('backups')
    .columns(['project_id', 'begin_time desc', 'id desc'])
    .execute();
  await db.schema.createIndex('backups_of_an_instance').on('backups').columns(['instance_id', 'begin_time desc']).execute();

  await db.schema
    .createTable('jobs')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id'))
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('instance_id', 'text', (c) => c.notNull())
    .addColumn('instance_name', 'text', (c) => c.notNull())
    .addColumn('backup_id', 'text')
    .addColumn('overwrite', 'boolean', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .addColumn('ended', 'timestamptz')
    .addColumn('progress', 'jsonb')
    .addColumn('fail_reason', 'text')
    .addColumn('queue_id', 'text', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  // Looked at every few seconds by whoever watches over running jobs: must not grow with the history.
  await db.schema
    .createIndex('jobs_running')
    .on('jobs')
    .column('backup_id')
    .where(sql.ref('status'), '=', sql.lit('Running'))
    .execute();
  await db.schema.createIndex('jobs_by_end').on('jobs').column('ended').execute();
}

/** Everything that the first version of the catalog holds. */
export const firstTables: Migration = { up };
