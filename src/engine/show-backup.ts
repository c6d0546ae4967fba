import { backupFromRow } from './backup-from-row.ts';
import { findBackupSurroundings } from './backup-surroundings.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findBackup } from './find-backup.ts';
import type { BackupDetails, Caller } from './use-cases.ts';

/** UseCases.showBackup. What a COMPLETED backup holds comes from its manifest: `object-corrupt` and `store-unavailable` pass through. */
export async function showBackup(deps: EngineDeps, caller: Caller, backupId: string): Promise<BackupDetails> {
  const row = await findBackup(deps.catalog.db, caller.projectId, backupId);
  const backup = backupFromRow(row, await findBackupSurroundings(deps.catalog.db, [row.instance_id]));
  if (backup.status !== 'COMPLETED') {
    return {
      ...backup,
      clusterTime: null,
      consistency: null,
      baseBackupId: null,
      documentsRead: null,
      oplogEntriesRead: null,
      bytesRead: null,
      bytesStored: null,
      blocksStored: null,
      blocksReused: null,
      notes: [],
      collections: [],
      failReason: row.fail_reason,
    };
  }
  const manifest = await deps.repository.project(caller.projectId).readManifest(backupId);
  const { cost } = manifest;
  return {
    ...backup,
    // Only what is a state at one cluster time has one.
    clusterTime: manifest.consistency === 'snapshot' ? manifest.clusterTime : null,
    consistency: manifest.consistency,
    baseBackupId: manifest.baseBackupId,
    documentsRead: cost.documentsRead,
    oplogEntriesRead: cost.oplogEntriesRead,
    bytesRead: cost.bytesRead,
    bytesStored: cost.bytesStored,
    blocksStored: cost.blocksStored,
    blocksReused: cost.blocksReused,
    notes: manifest.notes,
    collections: manifest.collections.map(({ db, name, uuid, documents, documentsExact, bytes }) => ({
      db,
      name,
      uuid,
      documents,
      documentsExact,
      bytes,
    })),
    failReason: null,
  };
}
