import { formatPoint } from '../core/oplog-archive.ts';
import type { RestoreSummary } from './tasks.ts';
import type { BackupProof, RestoreResult } from './use-cases.ts';

/** What is kept of a restore with its job. */
export function resultOf({ documents, bytes, collections, seconds, notes, replayed }: RestoreSummary): RestoreResult {
  const bytesPerSecond = seconds > 0 ? Math.round(bytes / seconds) : 0;
  const common = { documents, bytes, collections, seconds, bytesPerSecond, notes };
  if (replayed === undefined) return { verdict: 'equal', replayed: null, ...common };
  const { baseBackupId, point, entries, writes } = replayed;
  return { verdict: 'replayed', replayed: { baseBackupId, point: formatPoint(point), entries, writes }, ...common };
}

/** What a restore of the whole backup says of the backup. */
export function proofOf(result: RestoreResult, jobId: string, now: Date): BackupProof {
  const { seconds, bytesPerSecond } = result;
  return { verdict: 'proved', at: now, jobId, seconds, bytesPerSecond, reason: null };
}
