import type { Operation } from '../context.ts';
import { adoptInstance } from './adopt-instance.ts';
import { createAccessKey } from './create-access-key.ts';
import { createRestore } from './create-restore.ts';
import { deleteAccessKey } from './delete-access-key.ts';
import { listAccessKeys } from './list-access-keys.ts';
import { listLarderBackups } from './list-backups.ts';
import { listLarderInstances } from './list-instances.ts';
import { showBackup } from './show-backup.ts';
import { showHealth } from './show-health.ts';
import { showInstance } from './show-instance.ts';
import { showLarderJob } from './show-job.ts';
import { showOpenapi } from './show-openapi.ts';

/** Larder's own calls: what the DDS API has no words for. */
export const larderV1Operations: readonly Operation[] = [
  showHealth,
  showOpenapi,
  adoptInstance,
  listLarderInstances,
  showInstance,
  listLarderBackups,
  showBackup,
  showLarderJob,
  createRestore,
  createAccessKey,
  listAccessKeys,
  deleteAccessKey,
];
