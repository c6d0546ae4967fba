import type { CatalogHandle } from '../catalog/schema.ts';
import { datastoreVersion } from '../core/datastore-version.ts';
import type { ReplayBase } from '../core/oplog-archive.ts';
import type { BackupType } from './use-cases.ts';

export interface ListedBackup {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly instance: { readonly id: string; readonly name: string; readonly mode: string };
  readonly serverVersion: string;
  readonly type: BackupType;
  readonly begin: Date;
  /** null while it is being made. */
  readonly stored: { readonly end: Date; readonly sizeBytes: number } | null;
  /** Of the policy in force; null for a manual backup. */
  readonly keepDays: number | null;
  readonly proof?: object | undefined;
  readonly replayBase?: ReplayBase | null | undefined;
}

/** Lists a backup, being made or COMPLETED. False, and nothing written, if the project has one of the name. */
export async function insertBackup(db: CatalogHandle, backup: ListedBackup): Promise<boolean> {
  const { instance, stored, proof, replayBase } = backup;
  const inserted = await db
    .insertInto('backups')
    .values({
      id: backup.id,
      project_id: backup.projectId,
      name: backup.name,
      description: backup.description,
      instance_id: instance.id,
      instance_name: instance.name,
      instance_mode: instance.mode,
      datastore_version: datastoreVersion(backup.serverVersion),
      type: backup.type,
      status: stored === null ? 'BUILDING' : 'COMPLETED',
      begin_time: backup.begin,
      end_time: stored?.end ?? null,
      size_bytes: stored?.sizeBytes ?? 0,
      fail_reason: null,
      keep_days: backup.keepDays,
      proof: proof === undefined ? null : JSON.stringify(proof),
      replay_base: replayBase === undefined || replayBase === null ? null : JSON.stringify(replayBase),
    })
    // Waits for a racing request of the same name to end, and then knows the answer without an aborted transaction.
    .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}
