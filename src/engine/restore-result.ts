import { formatPoint } from '../core/oplog-archive.ts';
import type { RestoreSummary } from './tasks.ts';
import type { BackupProof, RestoreResult } from './use-cases.ts';

/** What is kept of a restore with its job. */
export function resultOf({ documents, bytes, collections, seconds, notes, replayed }: RestoreSummary): RestoreResult {
  const bytesPerSecond = seconds > 0 ? Math.round(bytes / seconds) : 0;
  const common = { documents, bytes, collections, seconds, bytesPerSecond, notes };
  const spans = replayed.map(({ baseBackupId, point, entries, writes }) => ({
    baseBackupId,
    point: formatPoint(point),
    entries,
    writes,
  }));
  return { verdict: spans.length > 0 ? 'replayed' : 'equal', replayed: spans, ...common };
}

/** What a restore of the whole backup says of the backup. */
export function proofOf(result: RestoreResult, jobId: string, now: Date): BackupProof {
  const { seconds, bytesPerSecond } = result;
  return { verdict: 'proved', at: now, jobId, seconds, bytesPerSecond, reason: null };
}
