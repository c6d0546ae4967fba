import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { findAccessKey } from './find-access-key.ts';
import { listDomains, listProjects } from './list-scopes.ts';
import { loginWithPassword } from './login-with-password.ts';
import { userMay } from './role-grants.ts';
import { findScope } from './token-scope.ts';
import { issueToken, readToken, revokeToken, type IdentityDeps } from './tokens.ts';
import { useSignature } from './use-signature.ts';
import type { Identity } from './use-cases.ts';

/** Who may do what, over the catalog. Besides the codes of the contract each call may throw `catalog-unavailable`. */
export function createIdentity(deps: IdentityDeps): Identity {
  const run = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw translateCatalogError(error);
    }
  };

  const loginWithToken = async (token: string, scope: Parameters<Identity['loginWithToken']>[1]) => {
    const first = await readToken(deps, token);
    const found = await findScope(deps.catalog.db, first.user, scope);
    return issueToken(deps, first.user, found, [...new Set([...first.methods, 'token'])], first.expiresAt);
  };

  return {
    loginWithPassword: (login, scope) => run(loginWithPassword(deps, login, scope)),
    loginWithToken: (token, scope) => run(loginWithToken(token, scope)),
    checkToken: (token) => run(readToken(deps, token)),
    revokeToken: (token) => run(revokeToken(deps, token)),
    findAccessKey: (access) => run(findAccessKey(deps, access)),
    useSignature: (access, signature, expires) => run(useSignature(deps, access, signature, expires)),
    permits: ({ userId }, projectId, action) => run(userMay(deps, userId, projectId, action)),
    listProjects: (userId, name) => run(listProjects(deps, userId, name)),
    listDomains: (userId, name) => run(listDomains(deps, userId, name)),
  };
}
