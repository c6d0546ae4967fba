import type { WireAuditEntry } from '../wire.ts';
import { formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';

/** Audit entries as a table. */
export function describeAudit(entries: readonly WireAuditEntry[]): string {
  if (entries.length === 0) return 'Nothing was changed.';
  const columns = [
    { title: 'TIME' },
    { title: 'USER' },
    { title: 'FROM' },
    { title: 'OPERATION' },
    { title: 'RESULT' },
    { title: 'ABOUT' },
    { title: 'REQUEST' },
  ];
  return formatTable(
    columns,
    entries.map((entry) => [
      formatTime(entry.time),
      entry.user_name ?? '-',
      entry.address,
      entry.operation,
      entry.code === null ? String(entry.status) : `${entry.status} ${entry.code}`,
      Object.values(entry.subjects).join(' '),
      entry.request_id,
    ]),
  );
}
