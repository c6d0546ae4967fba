import type { Selectable } from 'kysely';
import { checkAccountDescription, checkAccountName } from '../core/account-names.ts';
import type { CatalogHandle, ProjectsTable } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { changeDirectory, dropGrants } from './directory-change.ts';
import type { Directory, Project } from './directory.ts';
import { newHexId } from './new-id.ts';
import { putRecord, type ProjectRecord } from './records.ts';
import type { IdentityDeps } from './tokens.ts';

type Projects = Pick<Directory, 'listProjects' | 'showProject' | 'createProject' | 'updateProject' | 'deleteProject'>;
type ProjectRow = Selectable<ProjectsTable>;

/** The part of the Directory that is about projects. */
export function createProjects(deps: IdentityDeps): Projects {
  const { db } = deps.catalog;

  return {
    async listProjects(domainId, filter = {}) {
      let query = db.selectFrom('projects').selectAll().where('domain_id', '=', domainId);
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled);
      return (await query.orderBy('name').execute()).map(projectFromRow);
    },

    showProject: async (domainId, projectId) => projectFromRow(await findProject(db, domainId, projectId)),

    async createProject(domainId, project) {
      const row: ProjectRow = {
        id: newHexId(),
        domain_id: domainId,
        name: checkAccountName(project.name),
        created: deps.clock.now(),
        enabled: project.enabled ?? true,
        description: checkAccountDescription(project.description ?? ''),
      };
      return changeDirectory(deps, domainId, async (trx) => {
        const inserted = await trx
          .insertInto('projects')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        if (inserted === undefined) throw nameTaken();
        await putRecord(deps.repository, 'project', row.id, projectRecord(row));
        return projectFromRow(row);
      });
    },

    async updateProject(domainId, projectId, { name, description, enabled }) {
      const set = {
        ...(name === undefined ? {} : { name: checkAccountName(name) }),
        ...(description === undefined ? {} : { description: checkAccountDescription(description) }),
        ...(enabled === undefined ? {} : { enabled }),
      };
      return changeDirectory(deps, domainId, async (trx) => {
        const before = await findProject(trx, domainId, projectId);
        const row = { ...before, ...set };
        if (row.name !== before.name) {
          const other = await trx
            .selectFrom('projects')
            .select('id')
            .where('domain_id', '=', domainId)
            .where('name', '=', row.name)
            .executeTakeFirst();
          if (other !== undefined) throw nameTaken();
        }
        if (Object.keys(set).length > 0) await trx.updateTable('projects').set(set).where('id', '=', projectId).execute();
        if (!row.enabled) await trx.deleteFrom('tokens').where('project_id', '=', projectId).execute();
        await putRecord(deps.repository, 'project', projectId, projectRecord(row));
        return projectFromRow(row);
      });
    },

    async deleteProject(domainId, projectId) {
      let configurations: readonly { readonly id: string }[] = [];
      await changeDirectory(deps, domainId, async (trx) => {
        await findProject(trx, domainId, projectId);
        configurations = await trx.selectFrom('configurations').select('id').where('project_id', '=', projectId).execute();
        for (const table of ['instances', 'backups'] as const) {
          const held = await trx.selectFrom(table).select('id').where('project_id', '=', projectId).limit(1).executeTakeFirst();
          if (held !== undefined) throw new LarderError('project-not-empty', `The project has ${table}.`);
        }
        // Nothing runs where nothing is: these are the jobs of the past.
        await trx.deleteFrom('jobs').where('project_id', '=', projectId).execute();
        await dropGrants(deps, trx, { scopeId: projectId });
        await trx.deleteFrom('projects').where('id', '=', projectId).execute();
      });
      await deps.repository.records.delete('project', projectId);
      for (const { id } of configurations) await deps.repository.records.delete('configuration', id);
    },
  };
}

/** The domain's project, or `project-not-found`. */
export async function findProject(db: CatalogHandle, domainId: string, projectId: string): Promise<ProjectRow> {
  const query = db.selectFrom('projects').selectAll().where('id', '=', projectId).where('domain_id', '=', domainId);
  const row = await query.executeTakeFirst();
  if (row === undefined) throw new LarderError('project-not-found', 'The project does not exist.');
  return row;
}

function projectFromRow(row: ProjectRow): Project {
  const { id, name, enabled, description, created } = row;
  return { id, name, domainId: row.domain_id, enabled, description, created };
}

function projectRecord(row: ProjectRow): ProjectRecord {
  const { name, enabled, description } = row;
  return { domainId: row.domain_id, name, created: row.created.toISOString(), enabled, description };
}

function nameTaken(): LarderError {
  return new LarderError('name-taken', 'Another project has this name.');
}
