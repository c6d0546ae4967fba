import type { WireBackup, WireBackupDetails } from '../wire.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
import { formatFields, formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';

/** `larder backup list` for people. */
export function describeBackups(backups: readonly WireBackup[]): string {
  if (backups.length === 0) return 'No backups yet.';
  const columns = [
    { title: 'NAME' },
    { title: 'STATUS' },
    { title: 'INSTANCE' },
    { title: 'BEGUN' },
    { title: 'SIZE', align: 'right' },
    { title: 'PROVED' },
    { title: 'ID' },
  ] as const;
  return formatTable(
    columns,
    backups.map((backup) => [
      backup.name,
      backup.status,
      backup.instance_name,
      formatTime(backup.begin_time),
      backup.status === 'COMPLETED' ? formatBytes(backup.size_bytes) : '-',
      backup.proof === null ? '-' : backup.proof.verdict === 'failed' ? 'FAILED' : formatTime(backup.proof.at),
      backup.id,
    ]),
  );
}

/** `larder backup show` for people: the backup, what it cost, and its collections. */
export function describeBackup(backup: WireBackupDetails): string {
  const { cluster_time: time } = backup;
  const fields = formatFields([
    ['Name', backup.name],
    ['Id', backup.id],
    ['Description', backup.description],
    ['Status', backup.status],
    ['Reason', backup.fail_reason],
    ['Type', backup.type],
    ['Instance', `${backup.instance_name} (${backup.instance_mode}, ${backup.datastore_version}, ${backup.instance_id})`],
    ['Begun', formatTime(backup.begin_time)],
    ['Ended', backup.end_time === null ? null : formatTime(backup.end_time)],
    ['Cluster time', time === null ? null : `${time.t}, ${time.i}`],
    ['Consistency', backup.consistency],
    ['Base', backup.base_backup_id ?? (backup.status === 'COMPLETED' ? 'none: every collection was scanned' : null)],
    ['Size', backup.status === 'COMPLETED' ? formatBytes(backup.size_bytes) : null],
    ['Proved', describeProof(backup.proof)],
    ['Documents read', count(backup.documents_read)],
    ['Bytes read', bytes(backup.bytes_read)],
    ['Oplog entries', count(backup.oplog_entries_read)],
    ['Bytes stored', bytes(backup.bytes_stored)],
    [
      'Blocks',
      backup.blocks_stored === null
        ? null
        : `${formatCount(backup.blocks_stored)} new, ${formatCount(backup.blocks_reused ?? 0)} stored already`,
    ],
  ]);
  const notes = backup.notes.length === 0 ? [] : [`Notes\n${backup.notes.map((note) => `  ${note}`).join('\n')}`];
  return [fields, ...notes, ...(backup.collections.length === 0 ? [] : [describeCollections(backup.collections)])].join('\n\n');
}

/** When a restore of all of it last told what it is worth. */
function describeProof(proof: WireBackup['proof']): string {
  if (proof === null) return 'not yet: no restore of it was compared';
  if (proof.verdict === 'failed') return `FAILED ${formatTime(proof.at)}: ${proof.reason ?? 'no reason was recorded'}`;
  const rate = proof.bytes_per_second === 0 ? '' : `, ${formatBytes(proof.bytes_per_second)}/s`;
  return `${formatTime(proof.at)}, restored and compared in ${formatDuration(proof.seconds)}${rate}`;
}

function describeCollections(collections: WireBackupDetails['collections']): string {
  const columns = [{ title: 'COLLECTION' }, { title: 'DOCUMENTS', align: 'right' }, { title: 'SIZE', align: 'right' }] as const;
  return formatTable(
    columns,
    collections
      .toSorted(byName)
      .map((collection) => [
        `${collection.db}.${collection.name}`,
        `${collection.documents_exact ? '' : 'about '}${formatCount(collection.documents)}`,
        formatBytes(collection.bytes),
      ]),
  );
}

type Collection = WireBackupDetails['collections'][number];

function byName(a: Collection, b: Collection): number {
  const [left, right] = [`${a.db}.${a.name}`, `${b.db}.${b.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function count(value: number | null): string | null {
  return value === null ? null : formatCount(value);
}

function bytes(value: number | null): string | null {
  return value === null ? null : formatBytes(value);
}
