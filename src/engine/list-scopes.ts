import type { IdentityDeps } from './tokens.ts';
import type { Named, UsableProject } from './use-cases.ts';

/** Identity.listProjects: the enabled ones in which the user has a role, directly or through the domain, by name. */
export async function listProjects(deps: IdentityDeps, userId: string, name?: string): Promise<readonly UsableProject[]> {
  let query = deps.catalog.db
    .selectFrom('projects as p')
    .select(['p.id', 'p.name', 'p.domain_id as domainId', 'p.description'])
    .where('p.enabled', '=', true)
    .where((e) =>
      e.exists(
        e
          .selectFrom('role_grants as g')
          .select('g.scope_id')
          .where('g.user_id', '=', userId)
          .where((or) => or.or([or('g.scope_id', '=', or.ref('p.id')), or('g.scope_id', '=', or.ref('p.domain_id'))])),
      ),
    );
  if (name !== undefined) query = query.where('p.name', '=', name);
  return query.orderBy('p.name').orderBy('p.id').execute();
}

/** Identity.listDomains: the user's own and those in which the user has a role. */
export async function listDomains(deps: IdentityDeps, userId: string, name?: string): Promise<readonly Named[]> {
  let query = deps.catalog.db
    .selectFrom('domains as d')
    .select(['d.id', 'd.name'])
    .where((e) =>
      e.or([
        e('d.id', 'in', e.selectFrom('users as u').select('u.domain_id').where('u.id', '=', userId)),
        e('d.id', 'in', e.selectFrom('role_grants as g').select('g.scope_id').where('g.user_id', '=', userId)),
      ]),
    );
  if (name !== undefined) query = query.where('d.name', '=', name);
  return query.orderBy('d.name').execute();
}
