import type { Operation } from '../context.ts';
import { createToken } from './create-token.ts';
import { listDomains } from './list-domains.ts';
import { listProjects } from './list-projects.ts';
import { listVersions } from './list-versions.ts';
import { revokeToken } from './revoke-token.ts';
import { showCatalog } from './show-catalog.ts';
import { showProject } from './show-project.ts';
import { showToken } from './show-token.ts';
import { showVersion } from './show-version.ts';

/** The identity calls that DDS clients make before they reach DDS. */
export const identityV3Operations: readonly Operation[] = [
  listVersions,
  showVersion,
  createToken,
  showToken,
  revokeToken,
  showCatalog,
  listProjects,
  showProject,
  listDomains,
];
