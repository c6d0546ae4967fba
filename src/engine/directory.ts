/** What administrators do with users, projects and roles. Every change is in the repository before it is acknowledged. */
import type { PermissionPolicy } from '../core/permission-policy.ts';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly created: Date;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domainId: string;
  readonly enabled: boolean;
  readonly description: string;
  readonly created: Date;
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** null: built in, and known by its name. */
  readonly policy: PermissionPolicy | null;
}

export interface AccountFilter {
  /** Exact. */
  readonly name?: string;
  readonly enabled?: boolean;
}

export interface NewUser {
  readonly name: string;
  /** Without one nobody can log in as this user until a password is set. */
  readonly password?: string;
  readonly description?: string;
  readonly enabled?: boolean;
}

export interface NewProject {
  readonly name: string;
  readonly description?: string;
  readonly enabled?: boolean;
}

export interface NewRole {
  readonly name: string;
  readonly description?: string;
  /** As it was sent; checked here. */
  readonly policy: unknown;
}

/** A user's role in a project, or in a domain and thereby in all its projects. */
export interface Grant {
  readonly userId: string;
  readonly roleId: string;
  readonly scope: { readonly kind: 'project' | 'domain'; readonly id: string };
}

/** All of one domain: what another domain has does not exist. Names are checked by src/core/account-names.ts. */
export interface Directory {
  /** By name. */
  listUsers(domainId: string, filter?: AccountFilter): Promise<readonly User[]>;
  /** user-not-found. */
  showUser(domainId: string, userId: string): Promise<User>;
  /** invalid-name, invalid-password, name-taken. */
  createUser(domainId: string, user: NewUser): Promise<User>;
  /**
   * Ends the user's tokens where the password changes or the user is disabled. As createUser, and user-not-found,
   * operation-illegal (nobody would be left who may manage users).
   */
  updateUser(domainId: string, userId: string, change: Partial<NewUser>): Promise<User>;
  /** Also the user's access keys. user-not-found, operation-illegal as updateUser. */
  deleteUser(domainId: string, userId: string): Promise<void>;
  /** By the user, who has to know the one before. user-not-found, invalid-password, wrong-credentials. */
  changeOwnPassword(userId: string, change: { readonly original: string; readonly password: string }): Promise<void>;

  /** By name. */
  listProjects(domainId: string, filter?: AccountFilter): Promise<readonly Project[]>;
  /** project-not-found. */
  showProject(domainId: string, projectId: string): Promise<Project>;
  /** invalid-name, name-taken. */
  createProject(domainId: string, project: NewProject): Promise<Project>;
  /** Ends the tokens of a project that is disabled; its running jobs go on. project-not-found, invalid-name, name-taken. */
  updateProject(domainId: string, projectId: string, change: Partial<NewProject>): Promise<Project>;
  /** project-not-found, project-not-empty (it has instances or backups). */
  deleteProject(domainId: string, projectId: string): Promise<void>;

  /** By name; the built-in ones are among them. */
  listRoles(filter?: Pick<AccountFilter, 'name'>): Promise<readonly Role[]>;
  /** role-not-found. */
  showRole(roleId: string): Promise<Role>;
  /** invalid-name, invalid-permission-policy, name-taken. */
  createRole(role: NewRole): Promise<Role>;
  /** Holds from the next request on. As createRole, and role-not-found, operation-illegal (a built-in one). */
  updateRole(roleId: string, change: Partial<NewRole>): Promise<Role>;
  /** Whoever had it has it no more. role-not-found, operation-illegal (a built-in one). */
  deleteRole(roleId: string): Promise<void>;

  /** The user's own roles in that scope, by name. user-not-found, project-not-found. */
  listGrants(domainId: string, grant: Omit<Grant, 'roleId'>): Promise<readonly Role[]>;
  /** Repeating it is harmless. user-not-found, project-not-found, role-not-found. */
  grantRole(domainId: string, grant: Grant): Promise<void>;
  /** Ends the user's tokens for that scope. user-not-found, project-not-found, role-not-found (also: not granted), operation-illegal as updateUser. */
  revokeRole(domainId: string, grant: Grant): Promise<void>;
}
