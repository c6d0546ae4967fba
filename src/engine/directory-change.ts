import type { Selectable } from 'kysely';
import type { CatalogHandle, CatalogTransaction, UsersTable } from '../catalog/schema.ts';
import { LarderError } from '../core/errors.ts';
import { putRecord, type UserRecord } from './records.ts';
import type { IdentityDeps } from './tokens.ts';

export type UserRow = Selectable<UsersTable>;

/**
 * Runs a change of users, projects or roles of a domain. One at a time, whatever server it comes to, so that a record is never older
 * than what the catalog holds; `operation-illegal`, with nothing changed, if it would leave nobody who may manage the domain.
 */
export async function changeDirectory<T>(
  deps: IdentityDeps,
  domainId: string,
  change: (trx: CatalogTransaction) => Promise<T>,
): Promise<T> {
  return deps.catalog.db.transaction().execute(async (trx) => {
    await trx.selectFrom('domains').select('id').where('id', '=', domainId).forNoKeyUpdate().executeTakeFirst();
    const managed = await hasAdministrator(trx, domainId);
    const result = await change(trx);
    if (managed && !(await hasAdministrator(trx, domainId))) {
      throw new LarderError('operation-illegal', 'Nobody would be left who may manage users and projects.');
    }
    return result;
  });
}

/** Writes what the catalog now holds of the user, roles included, into the repository. */
export async function recordUser(deps: IdentityDeps, trx: CatalogTransaction, userId: string): Promise<UserRow> {
  const user = await trx.selectFrom('users').selectAll().where('id', '=', userId).executeTakeFirstOrThrow();
  const grants = await trx
    .selectFrom('role_grants as g')
    .innerJoin('roles as r', 'r.id', 'g.role_id')
    .select(['r.name as role', 'r.id as roleId', 'g.scope_id as scopeId'])
    .where('g.user_id', '=', userId)
    .orderBy('g.scope_id')
    .orderBy('r.id')
    .execute();
  await putRecord(deps.repository, 'user', userId, userRecord(user, grants));
  return user;
}

/** A user as the repository keeps one. */
export function userRecord(user: UserRow, grants: UserRecord['grants']): UserRecord {
  return {
    domainId: user.domain_id,
    name: user.name,
    passwordHash: user.password_hash,
    created: user.created.toISOString(),
    enabled: user.enabled,
    description: user.description,
    grants,
  };
}

/** The grants that a role or a scope had are gone, and the records of the users who had them say so. */
export async function dropGrants(
  deps: IdentityDeps,
  trx: CatalogTransaction,
  of: { readonly roleId: string } | { readonly scopeId: string },
): Promise<void> {
  const query = trx.deleteFrom('role_grants').returning('user_id');
  const dropped = await (
    'roleId' in of ? query.where('role_id', '=', of.roleId) : query.where('scope_id', '=', of.scopeId)
  ).execute();
  for (const userId of new Set(dropped.map((grant) => grant.user_id))) await recordUser(deps, trx, userId);
}

async function hasAdministrator(db: CatalogHandle, domainId: string): Promise<boolean> {
  const found = await db
    .selectFrom('role_grants as g')
    .innerJoin('roles as r', 'r.id', 'g.role_id')
    .innerJoin('users as u', 'u.id', 'g.user_id')
    .select('u.id')
    .where('g.scope_id', '=', domainId)
    .where('r.name', '=', 'admin')
    .where('u.enabled', '=', true)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
