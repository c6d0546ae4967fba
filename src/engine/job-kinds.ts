import { LarderError } from '../core/errors.ts';
import { backupJob } from './backup-job.ts';
import { deleteInstanceJob } from './delete-instance-job.ts';
import { deleteJob } from './delete-job.ts';
import { createInstanceJob } from './instances/create-instance-job.ts';
import { changeInstanceJob } from './instances/change-instance-job.ts';
import { drillJob } from './drill-job.ts';
import type { JobKind, JobRow } from './job-kind.ts';
import { restoreCollectionsJob, restoreJob } from './restore-job.ts';
import type { JobKindName } from './start-job.ts';

const kinds = {
  backup: backupJob,
  restore: restoreJob,
  'restore-collections': restoreCollectionsJob,
  drill: drillJob,
  delete: deleteJob,
  'delete-instance': deleteInstanceJob,
  'create-instance': createInstanceJob,
  'change-instance': changeInstanceJob,
} as const satisfies Record<JobKindName, JobKind>;

/** The kind of a job's row. `internal` for one that a newer version wrote. */
export function jobKindName(job: Pick<JobRow, 'kind'>): JobKindName {
  if (job.kind in kinds) return job.kind as JobKindName;
  throw new LarderError('internal', `this version knows no jobs of kind ${job.kind}`);
}

/** What is particular to the job's kind. Errors as `jobKindName`. */
export function jobKindOf(job: Pick<JobRow, 'kind'>): JobKind {
  return kinds[jobKindName(job)];
}
