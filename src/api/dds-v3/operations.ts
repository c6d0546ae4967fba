import type { Operation } from '../context.ts';
import { createBackup } from './create-backup.ts';
import { deleteBackup } from './delete-backup.ts';
import { listBackups } from './list-backups.ts';
import { listInstances } from './list-instances.ts';
import { restoreInstance } from './restore-instance.ts';
import { showJob } from './show-job.ts';
import { unsupportedOperations } from './unsupported-operations.ts';

/** The DDS calls that are served. */
export const ddsV3Operations: readonly Operation[] = [
  createBackup,
  listBackups,
  deleteBackup,
  showJob,
  listInstances,
  restoreInstance,
  unsupportedOperations,
];
