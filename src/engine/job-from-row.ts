import type { Selectable } from 'kysely';
import type { JobsTable } from '../catalog/schema.ts';
import type { Job, JobProgress, JobStatus, RestoreResult } from './use-cases.ts';

/** The job a row of the catalog stands for. */
export function jobFromRow(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    name: row.name,
    status: row.status as JobStatus,
    created: row.created,
    ended: row.ended,
    progress: row.progress as JobProgress | null,
    instanceId: row.instance_id,
    instanceName: row.instance_name,
    backupId: row.backup_id,
    failReason: row.fail_reason,
    result: resultFromRow(row.result),
  };
}

/** Jobs of before there were points in time say nothing of a replay. */
function resultFromRow(stored: unknown): RestoreResult | null {
  const result = stored as RestoreResult | null;
  return result === null ? null : { ...result, replayed: (result.replayed as RestoreResult['replayed'] | undefined) ?? null };
}
