import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('configurations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('node_type', 'text', (c) => c.notNull())
    .addColumn('parameters', 'jsonb', (c) => c.notNull())
    .addColumn('created', 'timestamptz', (c) => c.notNull())
    .addColumn('updated', 'timestamptz', (c) => c.notNull())
    .addUniqueConstraint('configurations_name', ['project_id', 'name'])
    .execute();
  await db.schema
    .createTable('parameter_changes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('configuration_id', 'text')
    .addColumn('instance_id', 'text')
    .addColumn('parameter', 'text', (c) => c.notNull())
    .addColumn('old_value', 'text', (c) => c.notNull())
    .addColumn('new_value', 'text', (c) => c.notNull())
    .addColumn('changed', 'timestamptz', (c) => c.notNull())
    .addColumn('applied', 'timestamptz')
    .execute();
  for (const subject of ['configuration_id', 'instance_id'])
    await db.schema.createIndex(`parameter_changes_${subject}`).on('parameter_changes').columns([subject, 'changed']).execute();
  await db.schema
    .createTable('configuration_uses')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('project_id', 'text', (c) => c.notNull().references('projects.id').onDelete('cascade'))
    .addColumn('configuration_id', 'text', (c) => c.notNull())
    .addColumn('instance_id', 'text', (c) => c.notNull())
    .addColumn('instance_name', 'text', (c) => c.notNull())
    .addColumn('applied', 'timestamptz', (c) => c.notNull())
    .addColumn('failure', 'text')
    .execute();
  await db.schema
    .createIndex('configuration_uses_configuration')
    .on('configuration_uses')
    .columns(['configuration_id', 'applied'])
    .execute();
  await db.schema
    .alterTable('recycled_instances')
    .addColumn('parameters', 'jsonb', (c) => c.notNull().defaultTo(sql`'{}'::jsonb`))
    .execute();
}

/** Parameter templates, what was changed in them and in instances, and the parameters of deleted instances that can come back. */
export const configurations: Migration = { up };
