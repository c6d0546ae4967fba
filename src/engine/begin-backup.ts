import type { CatalogTransaction } from '../catalog/schema.ts';
import type { EngineDeps } from './engine-deps.ts';
import { insertBackup } from './insert-backup.ts';
import { takeInstance } from './instance-action.ts';
import type { InstanceRow } from './instance-from-row.ts';
import { newId } from './new-id.ts';
import { newJobId, startJob } from './start-job.ts';
import type { BackupType } from './use-cases.ts';

/** What a backup's job is told besides. */
export interface BackupRequest {
  readonly rateMbPerS?: number;
}

export interface NewBackup {
  readonly instance: InstanceRow;
  readonly name: string;
  readonly description: string;
  readonly type: BackupType;
  /** Of the policy in force; null for a manual backup. */
  readonly keepDays: number | null;
  /** Keep everybody from writing to a single server meanwhile; as the instance says unless given. */
  readonly lock?: boolean | undefined;
  /** Megabytes a second; as the instance says unless given. */
  readonly rateMbPerS?: number | undefined;
  readonly now: Date;
}

/**
 * The backup's row, the instance taken and the job in line: all there once the transaction commits, or nothing. null, and nothing
 * written, if the name is taken. `instance-not-found`, `instance-busy`, `instance-not-ready` as `takeInstance`.
 */
export async function beginBackup(
  deps: EngineDeps,
  trx: CatalogTransaction,
  { instance, name, description, type, keepDays, lock = instance.lock, rateMbPerS, now }: NewBackup,
): Promise<{ readonly jobId: string; readonly backupId: string } | null> {
  const backupId = newId('backup');
  const jobId = newJobId();
  const projectId = instance.project_id;
  const listed = await insertBackup(trx, {
    id: backupId,
    projectId,
    name,
    description,
    instance,
    serverVersion: instance.server_version,
    type,
    begin: now,
    stored: null,
    keepDays,
  });
  if (!listed) return null;
  await takeInstance(trx, { projectId, instanceId: instance.id, action: 'BACKUP', jobId, now });
  await startJob(deps, trx, {
    id: jobId,
    projectId,
    kind: 'backup',
    instance,
    backupId,
    lock: lock && instance.mode === 'Single',
    ...(rateMbPerS === undefined ? {} : { request: { rateMbPerS } satisfies BackupRequest }),
    now,
  });
  return { jobId, backupId };
}
