import type { Selectable } from 'kysely';
import type { JobsTable } from '../catalog/schema.ts';
import type { Job, JobProgress, JobStatus, ReplayedSpan, RestoreResult } from './use-cases.ts';

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

/** Jobs of before there were points in time say nothing of a replay; those of before there could be several of one only. */
function resultFromRow(stored: unknown): RestoreResult | null {
  const result = stored as (Omit<RestoreResult, 'replayed'> & { readonly replayed?: unknown }) | null;
  if (result === null) return null;
  return { ...result, replayed: [(result.replayed ?? []) as ReplayedSpan | readonly ReplayedSpan[]].flat() };
}
