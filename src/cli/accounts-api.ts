import type { Session } from './session.ts';

export interface WireUser {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
}

export interface WireProject {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly description: string;
}

export interface WireRole {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly policy: unknown;
}

/** A user's roles in one place. */
export interface RolesInScope {
  /** `domain`, or the name of a project. */
  readonly scope: string;
  readonly roles: readonly string[];
}

/** Where a role is given: everywhere, or in one project. */
export type WireScope = { readonly kind: 'domains' | 'projects'; readonly id: string };

/** The identity service's calls of administrators. All throw CommandError as HttpClient says. */
export interface AccountsApi {
  /** The domain that the caller's project belongs to. */
  domainId(): Promise<string>;
  listUsers(): Promise<readonly WireUser[]>;
  createUser(user: object): Promise<WireUser>;
  updateUser(id: string, user: object): Promise<WireUser>;
  deleteUser(id: string): Promise<void>;
  listProjects(): Promise<readonly WireProject[]>;
  createProject(project: object): Promise<WireProject>;
  updateProject(id: string, project: object): Promise<WireProject>;
  deleteProject(id: string): Promise<void>;
  listRoles(): Promise<readonly WireRole[]>;
  createRole(role: object): Promise<WireRole>;
  updateRole(id: string, role: object): Promise<WireRole>;
  deleteRole(id: string): Promise<void>;
  /** Names, in one place. */
  listUserRoles(userId: string, scope: WireScope): Promise<readonly string[]>;
  grantRole(userId: string, scope: WireScope, roleId: string): Promise<void>;
  revokeRole(userId: string, scope: WireScope, roleId: string): Promise<void>;
}

/** The calls as one session may make them. */
export function createAccountsApi({ projectId, send }: Session): AccountsApi {
  const quote = encodeURIComponent;
  const call = async <T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> =>
    (await send({ method, path, ...(body === undefined ? {} : { body }) })).json as T;
  const grant = (userId: string, scope: WireScope): string => `/v3/${scope.kind}/${quote(scope.id)}/users/${quote(userId)}/roles`;

  return {
    domainId: async () => {
      const { project } = await call<{ project: { domain_id: string } }>('GET', `/v3/projects/${quote(projectId)}`);
      return project.domain_id;
    },
    listUsers: async () => (await call<{ users: WireUser[] }>('GET', '/v3/users')).users,
    createUser: async (user) => (await call<{ user: WireUser }>('POST', '/v3/users', { user })).user,
    updateUser: async (id, user) => (await call<{ user: WireUser }>('PATCH', `/v3/users/${quote(id)}`, { user })).user,
    deleteUser: (id) => call('DELETE', `/v3/users/${quote(id)}`),
    listProjects: async () => (await call<{ projects: WireProject[] }>('GET', '/v3/projects')).projects,
    createProject: async (project) => (await call<{ project: WireProject }>('POST', '/v3/projects', { project })).project,
    updateProject: async (id, project) =>
      (await call<{ project: WireProject }>('PATCH', `/v3/projects/${quote(id)}`, { project })).project,
    deleteProject: (id) => call('DELETE', `/v3/projects/${quote(id)}`),
    listRoles: async () => (await call<{ roles: WireRole[] }>('GET', '/v3/roles')).roles,
    createRole: async (role) => (await call<{ role: WireRole }>('POST', '/v3/roles', { role })).role,
    updateRole: async (id, role) => (await call<{ role: WireRole }>('PATCH', `/v3/roles/${quote(id)}`, { role })).role,
    deleteRole: (id) => call('DELETE', `/v3/roles/${quote(id)}`),
    listUserRoles: async (userId, scope) =>
      (await call<{ roles: WireRole[] }>('GET', grant(userId, scope))).roles.map(({ name }) => name),
    grantRole: (userId, scope, roleId) => call('PUT', `${grant(userId, scope)}/${quote(roleId)}`),
    revokeRole: (userId, scope, roleId) => call('DELETE', `${grant(userId, scope)}/${quote(roleId)}`),
  };
}
