import type { Operation } from '../context.ts';
import { changePassword } from './change-password.ts';
import { checkRole } from './check-role.ts';
import { createProject } from './create-project.ts';
import { createRole } from './create-role.ts';
import { createToken } from './create-token.ts';
import { createUser } from './create-user.ts';
import { deleteProject } from './delete-project.ts';
import { deleteRole } from './delete-role.ts';
import { deleteUser } from './delete-user.ts';
import { grantRole } from './grant-role.ts';
import { listDomains } from './list-domains.ts';
import { listProjects } from './list-projects.ts';
import { listRoles } from './list-roles.ts';
import { listUserRoles } from './list-user-roles.ts';
import { listUsers } from './list-users.ts';
import { listVersions } from './list-versions.ts';
import { revokeRole } from './revoke-role.ts';
import { revokeToken } from './revoke-token.ts';
import { showCatalog } from './show-catalog.ts';
import { showDomain } from './show-domain.ts';
import { showProject } from './show-project.ts';
import { showRole } from './show-role.ts';
import { showToken } from './show-token.ts';
import { showUser } from './show-user.ts';
import { showVersion } from './show-version.ts';
import { updateProject } from './update-project.ts';
import { updateRole } from './update-role.ts';
import { updateUser } from './update-user.ts';

/** The identity calls that DDS clients make before they reach DDS, and those of administrators. */
export const identityV3Operations: readonly Operation[] = [
  listVersions,
  showVersion,
  createToken,
  showToken,
  revokeToken,
  showCatalog,
  listProjects,
  showProject,
  createProject,
  updateProject,
  deleteProject,
  listDomains,
  showDomain,
  listUsers,
  showUser,
  createUser,
  updateUser,
  deleteUser,
  changePassword,
  listRoles,
  showRole,
  createRole,
  updateRole,
  deleteRole,
  listUserRoles,
  checkRole,
  grantRole,
  revokeRole,
];
