import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { createAccessKey, deleteAccessKey, listAccessKeys } from './access-keys.ts';
import { adoptInstance } from './adopt-instance.ts';
import { cancelJob } from './cancel-job.ts';
import { beginDrill } from './begin-drill.ts';
import { countInstances } from './count-instances.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { deleteBackups } from './delete-backups.ts';
import { deleteInstance } from './delete-instance.ts';
import { setDrillSchedule, showDrillSchedule } from './drill-schedules.ts';
import type { JobDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { getJob } from './get-job.ts';
import { archiveState } from './follow/archive-state.ts';
import { historyLister } from './history/list-history.ts';
import { instanceOf } from './instance-from-row.ts';
import { listBackups } from './list-backups.ts';
import { listInstances } from './list-instances.ts';
import { listJobs } from './list-jobs.ts';
import { createMoments } from './moments.ts';
import { previewRestore } from './preview-restore.ts';
import { instanceRefresher } from './refresh-instance.ts';
import { changePolicy } from './policy-change.ts';
import { policyState } from './policy-state.ts';
import { listRestorableCollections, listRestorableDatabases, listRestoreTimes } from './restorable-at.ts';
import { restoreBackup } from './restore-backup.ts';
import { restoreCollections } from './restore-collections.ts';
import { setInstance } from './set-instance.ts';
import { showBackup } from './show-backup.ts';
import { stopBackup } from './stop-backup.ts';
import type { UseCases } from './use-cases.ts';

/** The use cases over what they stand on. Besides the codes of the contract each may throw `catalog-unavailable` and `store-unavailable`. */
export function createUseCases(deps: JobDeps): UseCases {
  const refresh = instanceRefresher(deps);
  const moments = createMoments(deps);
  const listHistory = historyLister(deps);
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
    deleteBackups: (caller, backupIds) => run(deleteBackups(deps, caller, backupIds)),
    stopBackup: (caller, backupId) => run(stopBackup(deps, caller, backupId)),
    listBackups: (caller, filter) => run(listBackups(deps, caller, filter)),
    showBackup: (caller, backupId) => run(showBackup(deps, caller, backupId)),
    getJob: (caller, jobId) => run(getJob(deps, caller, jobId)),
    listJobs: (caller, filter) => run(listJobs(deps, caller, filter)),
    cancelJob: (caller, jobId) => run(cancelJob(deps, caller, jobId)),
    listInstances: (caller, filter) => run(listInstances(deps, caller, filter)),
    countInstances: (caller) => run(countInstances(deps, caller)),
    showInstance: (caller, instanceId) =>
      run(
        findInstance(deps.catalog.db, caller.projectId, instanceId)
          .then((row) => refresh(row, { always: true }))
          .then(async ({ row }) => ({
            ...(await instanceOf(deps, row)),
            archive: await archiveState(deps.catalog.db, row.id),
          })),
      ),
    setInstance: (caller, instanceId, settings) => run(setInstance(deps, caller, instanceId, settings)),
    adoptInstance: (caller, request) => run(adoptInstance(deps, caller, request)),
    restore: (caller, request) => run(restoreBackup(deps, moments, refresh, caller, request)),
    restoreCollections: (caller, request) => run(restoreCollections(deps, moments, refresh, caller, request)),
    drill: (caller, request) => run(beginDrill(deps, caller, request)),
    previewRestore: (caller, request) => run(previewRestore(deps, moments, caller, request)),
    deleteInstance: (caller, instanceId) => run(deleteInstance(deps, caller, instanceId)),
    listHistory: (caller, instanceId, query) => run(listHistory(caller, instanceId, query)),
    listRestoreTimes: (caller, instanceId) => run(listRestoreTimes(deps, caller, instanceId)),
    listRestorableDatabases: (caller, query) => run(listRestorableDatabases(deps, moments, caller, query)),
    listRestorableCollections: (caller, query) => run(listRestorableCollections(deps, moments, caller, query)),
    showPolicy: (caller, instanceId) => run(policyState(deps, caller, instanceId)),
    setPolicy: (caller, instanceId, request) => run(changePolicy(deps, refresh, caller, instanceId, request)),
    showDrillSchedule: (caller, instanceId) => run(showDrillSchedule(deps, caller, instanceId)),
    setDrillSchedule: (caller, instanceId, request) => run(setDrillSchedule(deps, caller, instanceId, request)),
    createAccessKey: (caller) => run(createAccessKey(deps, caller)),
    listAccessKeys: (caller) => run(listAccessKeys(deps, caller)),
    deleteAccessKey: (caller, access) => run(deleteAccessKey(deps, caller, access)),
  };
}
