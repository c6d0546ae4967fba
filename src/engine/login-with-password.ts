import { LarderError } from '../core/errors.ts';
import { checkPassword } from './passwords.ts';
import { findDomain, findScope, type TokenUser } from './token-scope.ts';
import { issueToken, type IdentityDeps } from './tokens.ts';
import type { PasswordLogin, Scope, Token } from './use-cases.ts';

/** Identity.loginWithPassword. The password is checked before anything is said about projects. */
export async function loginWithPassword(
  deps: IdentityDeps,
  login: PasswordLogin,
  scope: Scope,
): Promise<Token & { readonly token: string }> {
  const found = await findUser(deps, login.user);
  if (!(await checkPassword(login.password, found?.passwordHash ?? null)) || found === undefined) {
    // For the audit log; the answer must not tell which users exist.
    const details = found === undefined ? {} : { userId: found.user.id, userName: found.user.name };
    throw new LarderError('wrong-credentials', 'The username or password is wrong.', { details });
  }
  return issueToken(deps, found.user, await findScope(deps.catalog.db, found.user, scope), ['password']);
}

/** A name without a domain is good enough as long as only one domain has such a user. Whoever is disabled is not there. */
async function findUser(
  deps: IdentityDeps,
  wanted: PasswordLogin['user'],
): Promise<{ readonly user: TokenUser; readonly passwordHash: string } | undefined> {
  const { db } = deps.catalog;
  let query = db
    .selectFrom('users as u')
    .innerJoin('domains as d', 'd.id', 'u.domain_id')
    .select(['u.id', 'u.name', 'u.password_hash', 'd.id as domain_id', 'd.name as domain_name'])
    .where('u.enabled', '=', true);
  if ('id' in wanted) query = query.where('u.id', '=', wanted.id);
  else {
    query = query.where('u.name', '=', wanted.name);
    if (wanted.domain !== undefined) {
      const domain = await findDomain(db, wanted.domain);
      if (domain === undefined) return undefined;
      query = query.where('d.id', '=', domain.id);
    }
  }
  const rows = await query.limit(2).execute();
  const [row] = rows;
  if (row === undefined || rows.length > 1) return undefined;
  return {
    user: { id: row.id, name: row.name, domain: { id: row.domain_id, name: row.domain_name } },
    passwordHash: row.password_hash,
  };
}
