import type { Operation } from '../context.ts';
import { batchDeleteBackups } from './batch-delete-backups.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { deleteInstance } from './delete-instance.ts';
import { listBackups } from './list-backups.ts';
import { listDownloadLinks } from './list-download-links.ts';
import { listDatastoreVersions } from './list-datastore-versions.ts';
import { listFlavors } from './list-flavors.ts';
import { listInstances } from './list-instances.ts';
import { listStorageTypes } from './list-storage-types.ts';
import { listRestorableCollections } from './list-restorable-collections.ts';
import { listRestorableDatabases } from './list-restorable-databases.ts';
import { listRestoreTimes } from './list-restore-times.ts';
import { listTasks } from './list-tasks.ts';
import { restoreInstance } from './restore-instance.ts';
import { setPolicy } from './set-policy.ts';
import { showJob } from './show-job.ts';
import { showPolicy } from './show-policy.ts';
import { showQuotas } from './show-quotas.ts';
import { stopBackup } from './stop-backup.ts';
import { unsupportedOperations } from './unsupported-operations.ts';

/** The DDS calls that are served. */
export const ddsV3Operations: readonly Operation[] = [
  createBackup,
  listBackups,
  deleteBackup,
  batchDeleteBackups,
  stopBackup,
  showJob,
  listTasks,
  showQuotas,
  showPolicy,
  setPolicy,
  listInstances,
  deleteInstance,
  listFlavors,
  listDatastoreVersions,
  listStorageTypes,
  restoreInstance,
  listRestoreTimes,
  listRestorableDatabases,
  listRestorableCollections,
  listDownloadLinks,
  unsupportedOperations,
];
