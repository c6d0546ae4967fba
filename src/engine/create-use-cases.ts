import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { createAccessKey, deleteAccessKey, listAccessKeys } from './access-keys.ts';
import { adoptInstance } from './adopt-instance.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { getJob } from './get-job.ts';
import { instanceFromRow } from './instance-from-row.ts';
import { listBackups } from './list-backups.ts';
import { listInstances } from './list-instances.ts';
import { instanceRefresher } from './refresh-instance.ts';
import { restoreBackup } from './restore-backup.ts';
import { showBackup } from './show-backup.ts';
import type { UseCases } from './use-cases.ts';

/** The use cases over what they stand on. Besides the codes of the contract each may throw `catalog-unavailable` and `store-unavailable`. */
export function createUseCases(deps: EngineDeps): UseCases {
  const refresh = instanceRefresher(deps);
  const run = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw translateCatalogError(error);
    }
  };
  return {
    createBackup: (caller, request) => run(createBackup(deps, refresh, caller, request)),
    deleteBackup: (caller, backupId) => run(deleteBackup(deps, caller, backupId)),
    listBackups: (caller, filter) => run(listBackups(deps, caller, filter)),
    showBackup: (caller, backupId) => run(showBackup(deps, caller, backupId)),
    getJob: (caller, jobId) => run(getJob(deps, caller, jobId)),
    listInstances: (caller, filter) => run(listInstances(deps, caller, filter)),
    showInstance: (caller, instanceId) =>
      run(
        findInstance(deps.catalog.db, caller.projectId, instanceId)
          .then((row) => refresh(row, { always: true }))
          .then(({ row }) => instanceFromRow(row)),
      ),
    adoptInstance: (caller, request) => run(adoptInstance(deps, caller, request)),
    restore: (caller, request) => run(restoreBackup(deps, refresh, caller, request)),
    createAccessKey: (caller) => run(createAccessKey(deps, caller)),
    listAccessKeys: (caller) => run(listAccessKeys(deps, caller)),
    deleteAccessKey: (caller, access) => run(deleteAccessKey(deps, caller, access)),
  };
}
