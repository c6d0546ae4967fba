import type { Operation } from '../context.ts';
import { batchDeleteBackups } from './batch-delete-backups.ts';
import { configurations } from './configurations.ts';
import { instanceParameters } from './instance-parameters.ts';
import { logDownloads } from './log-downloads.ts';
import { ltsConfigs } from './lts-configs.ts';
import { recycleBin } from './recycle-bin.ts';
import { serverLogs } from './server-logs.ts';
import { sessions } from './sessions.ts';
import { createBackup } from './create-backup.ts';
import { createInstance } from './create-instance.ts';
import { restartInstance } from './restart-instance.ts';
import { switchPrimary } from './switch-primary.ts';
import { switchSsl } from './switch-ssl.ts';
import { modifyName } from './modify-name.ts';
import { modifyPort } from './modify-port.ts';
import { enlargeVolume } from './enlarge-volume.ts';
import { resizeInstance } from './resize-instance.ts';
import { modifySecurityGroup } from './modify-security-group.ts';
import { bindAddress } from './bind-address.ts';
import { setClientNetwork } from './client-network.ts';
import { setMaintenanceWindow } from './maintenance-window.ts';
import { resetPassword } from './reset-password.ts';
import { changeTags } from './change-tags.ts';
import { listTags } from './list-tags.ts';
import { findByTags } from './find-by-tags.ts';
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
import { restoreCollections } from './restore-collections.ts';
import { restoreInstance } from './restore-instance.ts';
import { setPolicy } from './set-policy.ts';
import { showJob } from './show-job.ts';
import { showPolicy } from './show-policy.ts';
import { showQuotas } from './show-quotas.ts';
import { stopBackup } from './stop-backup.ts';
import { auditLogs } from './audit-logs.ts';
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
  createInstance,
  restartInstance,
  switchPrimary,
  switchSsl,
  modifyName,
  modifyPort,
  enlargeVolume,
  resizeInstance,
  modifySecurityGroup,
  bindAddress,
  setClientNetwork,
  setMaintenanceWindow,
  resetPassword,
  changeTags,
  listTags,
  findByTags,
  recycleBin,
  sessions,
  serverLogs,
  logDownloads,
  ltsConfigs,
  auditLogs,
  configurations,
  instanceParameters,
  listFlavors,
  listDatastoreVersions,
  listStorageTypes,
  restoreInstance,
  restoreCollections,
  listRestoreTimes,
  listRestorableDatabases,
  listRestorableCollections,
  listDownloadLinks,
  unsupportedOperations,
];
