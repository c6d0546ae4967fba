import { translateCatalogError } from '../../catalog/translate-catalog-error.ts';
import { LarderError } from '../../core/errors.ts';
import { rolesPermit, type builtInRoles } from '../../core/permission-policy.ts';
import type { IdentityDeps } from '../tokens.ts';
import type { Identity, Named, Token } from '../use-cases.ts';
import { tokenChecks } from './check-tokens.ts';
import { projectKeeper } from './keep-projects.ts';
import type { AskKeystone, KeystoneAnswer, KeystoneRequest } from './keystone-client.ts';
import { parseKeystoneToken } from './parse-token.ts';

/** Which role of Larder's own a role of the outer Keystone is, by its name there. Others permit nothing. */
export type RoleMap = Readonly<Record<string, keyof typeof builtInRoles>>;

/** The part of the outer Keystone that clients ask for through Larder. */
export interface OuterIdentity {
  /** Hands a request on and its answer back. `identity-unavailable`. */
  relay(request: KeystoneRequest): Promise<KeystoneAnswer>;
  /** Whose token such an answer holds, null where it holds none. */
  userOf(answer: KeystoneAnswer): (Named & { readonly domain: Named }) | null;
  /** The token may have become worthless: the next request with it asks the outer Keystone. */
  forget(token: string): void;
}

export interface KeystoneIdentityOptions {
  readonly ask: AskKeystone;
  readonly roles: RoleMap;
}

/**
 * Identity as an outer Keystone has it: it alone knows users, passwords, projects and roles. A token's project becomes one of Larder's the first
 * time somebody whose roles permit anything uses it. Where the outer Keystone does not answer nobody is let in (`identity-unavailable`).
 * Passwords are checked by the outer Keystone through `relay`; there are no access keys, because who signs shows no roles.
 */
export function createKeystoneIdentity(
  deps: IdentityDeps,
  { ask, roles }: KeystoneIdentityOptions,
): { readonly identity: Identity; readonly outer: OuterIdentity } {
  const checks = tokenChecks(ask, deps.clock);
  const keepProject = projectKeeper(deps);
  const rightsOf = (token: Token) =>
    token.roles.flatMap(({ name }) => (Object.hasOwn(roles, name) ? [{ name: roles[name]!, policy: null }] : []));
  const elsewhere = async (): Promise<never> => {
    throw new LarderError('unsupported-operation', 'The outer Keystone gives out tokens.');
  };

  const identity: Identity = {
    loginWithPassword: elsewhere,
    loginWithToken: elsewhere,
    revokeToken: elsewhere,
    async checkToken(text) {
      const token = await checks.check(text);
      if (token.project !== null && rightsOf(token).length > 0) {
        await keepProject(token.project).catch((error: unknown) => {
          throw translateCatalogError(error);
        });
      }
      return token;
    },
    findAccessKey: async () => null,
    useSignature: async () => false,
    async permits({ token }, projectId, action) {
      // Rights beyond a project are the outer Keystone's business.
      if (token === null || projectId === null || token.project?.id !== projectId) return false;
      return rolesPermit(rightsOf(token), action);
    },
    listProjects: async () => [],
    listDomains: async () => [],
  };

  return {
    identity,
    outer: {
      relay: ask,
      userOf: ({ body }) => parseKeystoneToken(body)?.user ?? null,
      forget: (token) => checks.forget(token),
    },
  };
}
