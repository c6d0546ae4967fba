import type { CatalogHandle } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { rolesPermit, type PermissionPolicy } from '../core/permission-policy.ts';
import { changeDirectory, recordUser } from './directory-change.ts';
import type { Directory, Grant } from './directory.ts';
import { findProject } from './projects.ts';
import { findRole, roleFromRow } from './roles.ts';
import type { IdentityDeps } from './tokens.ts';
import { findUser } from './users.ts';

type Grants = Pick<Directory, 'listGrants' | 'grantRole' | 'revokeRole'>;

/** The part of the Directory that is about who has which role where. */
export function createRoleGrants(deps: IdentityDeps): Grants {
  const { db } = deps.catalog;

  const check = async (handle: CatalogHandle, domainId: string, { userId, scope }: Omit<Grant, 'roleId'>): Promise<void> => {
    await findUser(handle, domainId, userId);
    if (scope.kind === 'project') await findProject(handle, domainId, scope.id);
    else if (scope.id !== domainId) throw new LarderError('project-not-found', 'The domain does not exist.');
  };

  return {
    async listGrants(domainId, grant) {
      await check(db, domainId, grant);
      const rows = await db
        .selectFrom('role_grants as g')
        .innerJoin('roles as r', 'r.id', 'g.role_id')
        .selectAll('r')
        .where('g.user_id', '=', grant.userId)
        .where('g.scope_id', '=', grant.scope.id)
        .orderBy('r.name')
        .execute();
      return rows.map(roleFromRow);
    },

    async grantRole(domainId, grant) {
      await changeDirectory(deps, domainId, async (trx) => {
        await check(trx, domainId, grant);
        await findRole(trx, grant.roleId);
        await trx
          .insertInto('role_grants')
          .values({ user_id: grant.userId, role_id: grant.roleId, scope_id: grant.scope.id })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await recordUser(deps, trx, grant.userId);
      });
    },

    async revokeRole(domainId, grant) {
      await changeDirectory(deps, domainId, async (trx) => {
        await check(trx, domainId, grant);
        const { userId, roleId, scope } = grant;
        const dropped = await trx
          .deleteFrom('role_grants')
          .where('user_id', '=', userId)
          .where('role_id', '=', roleId)
          .where('scope_id', '=', scope.id)
          .returning('role_id')
          .executeTakeFirst();
        if (dropped === undefined) throw new LarderError('role-not-found', 'The user does not have this role there.');
        // A role of the domain holds in all its projects.
        const tokens = trx.deleteFrom('tokens').where('user_id', '=', userId);
        await (scope.kind === 'project' ? tokens.where('project_id', '=', scope.id) : tokens).execute();
        await recordUser(deps, trx, userId);
      });
    },
  };
}

/** Identity.permits: by the roles that the user has now, in the project and its domain or in the user's own domain alone. */
export async function userMay(
  deps: IdentityDeps,
  userId: string,
  projectId: string | null,
  action: string | null,
): Promise<boolean> {
  const { db } = deps.catalog;
  const scopes =
    projectId === null
      ? db.selectFrom('users as u').select('u.domain_id as id').where('u.id', '=', userId)
      : db
          .selectFrom('projects as p')
          .select('p.id')
          .where('p.id', '=', projectId)
          .union(db.selectFrom('projects as p').select('p.domain_id as id').where('p.id', '=', projectId));
  const roles = await db
    .selectFrom('role_grants as g')
    .innerJoin('roles as r', 'r.id', 'g.role_id')
    .select(['r.name', 'r.policy'])
    .where('g.user_id', '=', userId)
    .where('g.scope_id', 'in', scopes)
    .execute();
  return rolesPermit(
    roles.map(({ name, policy }) => ({ name, policy: policy as PermissionPolicy | null })),
    action,
  );
}
