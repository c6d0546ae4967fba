import { formatBytes } from '../../src/cli/render/format-bytes.ts';
import { formatCount } from '../../src/cli/render/format-count.ts';
import { formatDuration } from '../../src/cli/render/format-duration.ts';
import { formatFields, formatTable } from '../../src/cli/render/format-table.ts';
import type { SourceReads } from './source-counters.ts';
import type { TakenBackup } from './take-backup.ts';

/** A second backup may read at most this many documents for each one that changed. */
const readLimit = 1.5;
/** A second backup after one change in a hundred may store at most this share of what the first stored. */
const storeLimit = 0.03;

/** All that the quickstart measured. */
export interface Findings {
  readonly first: TakenBackup;
  readonly second: TakenBackup;
  /** Documents that changed between the two backups, by the source's oplog. */
  readonly changed: number;
  /** During the second backup, by the source's own counters. */
  readonly reads: SourceReads;
  readonly restoreSeconds: number;
  /** Differences right before the restore. */
  readonly damaged: number;
  /** Differences after it. */
  readonly differences: readonly string[];
  /** Of the server, in bytes; null where the system does not tell. */
  readonly peakMemory: number | null;
  readonly seconds: number;
}

/** The findings as two short tables. */
export function summarise(findings: Findings): string {
  const { first, second, changed, reads } = findings;
  const columns = [{ title: '' }, { title: 'FIRST BACKUP', align: 'right' }, { title: 'SECOND BACKUP', align: 'right' }] as const;
  const row = (title: string, of: (backup: TakenBackup) => string): string[] => [title, of(first), of(second)];
  const costs = formatTable(columns, [
    row('time', (backup) => formatDuration(backup.seconds)),
    row('documents held', (backup) => formatCount(sum(backup.details.collections.map((collection) => collection.documents)))),
    row('bytes held', (backup) => formatBytes(backup.details.size_bytes)),
    row('documents read from the source', (backup) => formatCount(backup.details.documents_read ?? 0)),
    ['  the same, counted by the servers', '', formatCount(reads.byLarder)],
    row('oplog entries read', (backup) => formatCount(backup.details.oplog_entries_read ?? 0)),
    row('bytes stored', (backup) => formatBytes(backup.details.bytes_stored ?? 0)),
  ]);
  const facts = formatFields([
    ['documents changed between them', formatCount(changed)],
    [
      'read for each changed document',
      `${(mostRead(findings) / Math.max(1, changed)).toFixed(2)} (promised: at most ${readLimit})`,
    ],
    [
      'stored, of what the first stored',
      `${(storedShare(findings) * 100).toFixed(2)} % (promised: at most ${storeLimit * 100} %)`,
    ],
    [
      'documents returned to anybody',
      `${formatCount(reads.returnedToAnybody)} by the member read, replication and oplog included`,
    ],
    [
      'restore',
      `${formatDuration(findings.restoreSeconds)}; ${findings.damaged} differences before, ${findings.differences.length} after`,
    ],
    ['peak memory of Larder', findings.peakMemory === null ? null : formatBytes(findings.peakMemory)],
    ['all of it', formatDuration(findings.seconds)],
  ]);
  return `${costs}\n\n${facts}`;
}

/** The promises that were not kept, in words; empty if all were. */
export function verdicts(findings: Findings): readonly string[] {
  const { changed, reads, second, damaged, differences } = findings;
  const broken: string[] = [];
  if (changed === 0) broken.push('nothing changed between the two backups, so there was nothing to measure');
  if (damaged === 0) broken.push('the damage was not visible, so the restore proves nothing');
  if (mostRead(findings) > readLimit * changed) {
    const reported = formatCount(second.details.documents_read ?? 0);
    const seen = formatCount(reads.byLarder);
    broken.push(
      `the second backup read ${reported} documents by its own account and ${seen} by the server's, for ${formatCount(changed)} that changed`,
    );
  }
  if (storedShare(findings) > storeLimit)
    broken.push(`the second backup stored ${(storedShare(findings) * 100).toFixed(2)} % of what the first stored`);
  broken.push(...differences.map((difference) => `after the restore ${difference}`));
  return broken;
}

/** The greater of what Larder says and what the servers counted: neither may break the promise. */
function mostRead({ second, reads }: Findings): number {
  return Math.max(second.details.documents_read ?? Number.POSITIVE_INFINITY, reads.byLarder);
}

function storedShare({ first, second }: Findings): number {
  const base = first.details.bytes_stored ?? 0;
  return base === 0 ? Number.POSITIVE_INFINITY : (second.details.bytes_stored ?? Number.POSITIVE_INFINITY) / base;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
