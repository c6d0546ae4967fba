import type { WireRecycled } from '../own-instances-api.ts';
import { formatTable } from './format-table.ts';

/** `larder instance recycled` for people; times in UTC. */
export function describeRecycled(instances: readonly WireRecycled[]): string {
  if (instances.length === 0) return 'No deleted instance can come back.';
  const columns = [
    { title: 'NAME' },
    { title: 'MODE' },
    { title: 'VERSION' },
    { title: 'DELETED' },
    { title: 'UNTIL' },
    { title: 'BACKUP' },
    { title: 'ID' },
  ];
  return formatTable(
    columns,
    instances.map((one) => [
      one.name,
      one.mode,
      one.datastore.version,
      one.deleted_at,
      one.retained_until,
      one.backup_id,
      one.id,
    ]),
  );
}
