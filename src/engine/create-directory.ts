import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import type { Directory } from './directory.ts';
import { createProjects } from './projects.ts';
import { createRoleGrants } from './role-grants.ts';
import { createRoles } from './roles.ts';
import type { IdentityDeps } from './tokens.ts';
import { createUsers } from './users.ts';
import { firstDomainId } from './first-start.ts';

/** Users, projects and roles over catalog and repository. Besides the codes of the contract each call may throw `catalog-unavailable` and `store-unavailable`. */
export function createDirectory(deps: IdentityDeps): Directory {
  const parts: Directory = {
    ...createUsers(deps),
    ...createProjects(deps),
    ...createRoles(deps, firstDomainId),
    ...createRoleGrants(deps),
  };
  const run = <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      try {
        return await call(...args);
      } catch (error) {
        throw translateCatalogError(error);
      }
    };
  };
  return {
    listUsers: run(parts.listUsers),
    showUser: run(parts.showUser),
    createUser: run(parts.createUser),
    updateUser: run(parts.updateUser),
    deleteUser: run(parts.deleteUser),
    changeOwnPassword: run(parts.changeOwnPassword),
    listProjects: run(parts.listProjects),
    showProject: run(parts.showProject),
    createProject: run(parts.createProject),
    updateProject: run(parts.updateProject),
    deleteProject: run(parts.deleteProject),
    listRoles: run(parts.listRoles),
    showRole: run(parts.showRole),
    createRole: run(parts.createRole),
    updateRole: run(parts.updateRole),
    deleteRole: run(parts.deleteRole),
    listGrants: run(parts.listGrants),
    grantRole: run(parts.grantRole),
    revokeRole: run(parts.revokeRole),
  };
}
