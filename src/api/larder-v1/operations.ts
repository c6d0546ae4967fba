import type { Operation } from '../context.ts';
import { adoptInstance } from './adopt-instance.ts';
import { cancelJob } from './cancel-job.ts';
import { createAccessKey } from './create-access-key.ts';
import { createLarderBackup } from './create-backup.ts';
import { createDrill } from './create-drill.ts';
import { createRestore } from './create-restore.ts';
import { downloadArchive } from './download-archive.ts';
import { downloadLog } from './download-log.ts';
import { exportBackup } from './export-backup.ts';
import { importBackup } from './import-backup.ts';
import { deleteAccessKey } from './delete-access-key.ts';
import { deleteDrillSchedule } from './delete-drill-schedule.ts';
import { listAccessKeys } from './list-access-keys.ts';
import { listAudit } from './list-audit.ts';
import { listLarderBackups } from './list-backups.ts';
import { listHistory } from './list-history.ts';
import { listLarderInstances } from './list-instances.ts';
import { setDrillSchedule } from './set-drill-schedule.ts';
import { setInstance } from './set-instance.ts';
import { showBackup } from './show-backup.ts';
import { showDrillSchedule } from './show-drill-schedule.ts';
import { showHealth } from './show-health.ts';
import { showInstance } from './show-instance.ts';
import { showLarderJob } from './show-job.ts';
import { showMetrics } from './show-metrics.ts';
import { showDocs } from './show-docs.ts';
import { showOpenapi } from './show-openapi.ts';
import { showPolicyState } from './show-policy-state.ts';

/** Larder's own calls: what the DDS API has no words for. */
export const larderV1Operations: readonly Operation[] = [
  showHealth,
  showMetrics,
  showOpenapi,
  showDocs,
  adoptInstance,
  listLarderInstances,
  showInstance,
  setInstance,
  createLarderBackup,
  listLarderBackups,
  showBackup,
  exportBackup,
  downloadArchive,
  downloadLog,
  importBackup,
  showLarderJob,
  showPolicyState,
  listHistory,
  cancelJob,
  createRestore,
  createDrill,
  showDrillSchedule,
  setDrillSchedule,
  deleteDrillSchedule,
  createAccessKey,
  listAccessKeys,
  deleteAccessKey,
  listAudit,
];
