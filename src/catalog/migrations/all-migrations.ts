import type { Migration } from 'kysely/migration';
import { firstTables } from './0001-first-tables.ts';
import { cancelledJobs } from './0002-cancelled-jobs.ts';
import { backupPolicies } from './0003-backup-policies.ts';
import { writeLocks } from './0004-write-locks.ts';
import { managedIdentity } from './0005-managed-identity.ts';
import { restoreProofs } from './0006-restore-proofs.ts';
import { rateLimits } from './0007-rate-limits.ts';
import { audit } from './0008-audit.ts';
import { oplogArchives } from './0010-oplog-archives.ts';
import { drillSchedules } from './0014-drill-schedules.ts';
import { ownInstances } from './0016-own-instances.ts';
import { recycleBin } from './0017-recycle-bin.ts';
import { jobList } from './0019-job-list.ts';
import { archiveProjects } from './0020-archive-projects.ts';
import { configurations } from './0021-configurations.ts';
import { serverPlaces } from './0022-server-places.ts';
import { catalogId } from './0023-catalog-id.ts';

/** In the order of their names. A migration that was released is never changed; what it lacks is added by the next. */
export const allMigrations: Readonly<Record<string, Migration>> = {
  '0001-first-tables': firstTables,
  '0002-cancelled-jobs': cancelledJobs,
  '0003-backup-policies': backupPolicies,
  '0004-write-locks': writeLocks,
  '0005-managed-identity': managedIdentity,
  '0006-restore-proofs': restoreProofs,
  '0007-rate-limits': rateLimits,
  '0008-audit': audit,
  '0010-oplog-archives': oplogArchives,
  '0014-drill-schedules': drillSchedules,
  '0016-own-instances': ownInstances,
  '0017-recycle-bin': recycleBin,
  '0019-job-list': jobList,
  '0020-archive-projects': archiveProjects,
  '0021-configurations': configurations,
  '0022-server-places': serverPlaces,
  '0023-catalog-id': catalogId,
};
