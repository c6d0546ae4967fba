import type { CatalogTransaction } from '../catalog/schema.ts';
import type { RestoreSummary } from './tasks.ts';
import type { BackupProof, RestoreResult } from './use-cases.ts';

/** What is kept of a restore with its job. */
export function resultOf({ documents, bytes, collections, seconds, notes }: RestoreSummary): RestoreResult {
  const bytesPerSecond = seconds > 0 ? Math.round(bytes / seconds) : 0;
  return { verdict: 'equal', documents, bytes, collections, seconds, bytesPerSecond, notes };
}

/** What a restore of the whole backup says of the backup. */
export function proofOf(result: RestoreResult, jobId: string, now: Date): BackupProof {
  const { seconds, bytesPerSecond } = result;
  return { verdict: 'proved', at: now, jobId, seconds, bytesPerSecond, reason: null };
}

/** Puts the verdict beside the backup; the newest one stands. */
export async function writeProof(trx: CatalogTransaction, backupId: string, proof: BackupProof): Promise<void> {
  await trx
    .updateTable('backups')
    .set({ proof: JSON.stringify(proof) })
    .where('id', '=', backupId)
    .execute();
}

/** The proof in a backup's row. */
export function proofFromRow(proof: unknown): BackupProof | null {
  if (proof === null) return null;
  const stored = proof as Omit<BackupProof, 'at'> & { readonly at: string };
  return { ...stored, at: new Date(stored.at) };
}
