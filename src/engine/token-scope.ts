import { LarderError } from '../core/errors.ts';
import type { CatalogHandle } from '../catalog/schema.ts';
import type { NameOrId, Named, Scope } from './use-cases.ts';

export interface TokenUser extends Named {
  readonly domain: Named;
}

/** A scope that was found and that the user may use. */
export interface FoundScope {
  readonly project: (Named & { readonly domain: Named }) | null;
  readonly domain: Named | null;
}

/**
 * Finds what a token shall be for. A project named without a domain is looked for in the user's own. `project-not-found`
 * if it does not exist or the user has no role there: the two look the same.
 */
export async function findScope(db: CatalogHandle, user: TokenUser, scope: Scope): Promise<FoundScope> {
  switch (scope.kind) {
    case 'none':
      return { project: null, domain: null };
    case 'domain': {
      const domain = await findDomain(db, scope.domain);
      if (domain === undefined || (await rolesIn(db, user.id, [domain.id])).length === 0) throw notFound('domain');
      return { project: null, domain };
    }
    case 'project': {
      const project = await findProject(db, user, scope.project);
      if (project === undefined || (await rolesIn(db, user.id, [project.id, project.domain.id])).length === 0)
        throw notFound('project');
      return { project, domain: null };
    }
  }
}

/** The user's roles in any of the scopes (projects or domains), by name. */
export function rolesIn(db: CatalogHandle, userId: string, scopeIds: readonly string[]): Promise<Named[]> {
  return db
    .selectFrom('role_grants as g')
    .innerJoin('roles as r', 'r.id', 'g.role_id')
    .select(['r.id', 'r.name'])
    .distinct()
    .where('g.user_id', '=', userId)
    .where('g.scope_id', 'in', [...scopeIds])
    .orderBy('r.name')
    .execute();
}

/** The domain, by id or by exact name. */
export function findDomain(db: CatalogHandle, domain: NameOrId): Promise<Named | undefined> {
  const query = db.selectFrom('domains').select(['id', 'name']);
  return ('id' in domain ? query.where('id', '=', domain.id) : query.where('name', '=', domain.name)).executeTakeFirst();
}

async function findProject(
  db: CatalogHandle,
  user: TokenUser,
  wanted: { readonly id: string } | { readonly name: string; readonly domain?: NameOrId },
): Promise<NonNullable<FoundScope['project']> | undefined> {
  let query = db
    .selectFrom('projects as p')
    .innerJoin('domains as d', 'd.id', 'p.domain_id')
    .select(['p.id', 'p.name', 'd.id as domain_id', 'd.name as domain_name'])
    .where('p.enabled', '=', true);
  if ('id' in wanted) query = query.where('p.id', '=', wanted.id);
  else {
    const domain = wanted.domain === undefined ? user.domain : await findDomain(db, wanted.domain);
    if (domain === undefined) return undefined;
    query = query.where('p.name', '=', wanted.name).where('d.id', '=', domain.id);
  }
  const row = await query.executeTakeFirst();
  return row && { id: row.id, name: row.name, domain: { id: row.domain_id, name: row.domain_name } };
}

function notFound(what: string): LarderError {
  return new LarderError('project-not-found', `The ${what} does not exist, or the user has no role in it.`);
}
