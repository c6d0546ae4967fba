import { randomUUID } from 'node:crypto';
import type { CatalogTransaction } from '../catalog/schema.ts';
import type { JobLane } from '../jobs/port.ts';
import type { EngineDeps } from './engine-deps.ts';

export type JobKindName =
  | 'backup'
  | 'restore'
  | 'restore-collections'
  | 'drill'
  | 'delete'
  | 'delete-instance'
  | 'create-instance'
  | 'change-instance';

/** Deletions take seconds and must not stand behind backups of hours. */
export const laneOf = {
  backup: 'long',
  restore: 'long',
  'restore-collections': 'long',
  drill: 'long',
  delete: 'short',
  'delete-instance': 'short',
  'create-instance': 'servers',
  'change-instance': 'servers',
} as const satisfies Record<JobKindName, JobLane>;

/** What clients see as the job's name; the first three are those of the real service. */
const publicNames = {
  backup: 'MongodbSnapshotBackup',
  restore: 'MongodbRestoreData2CurrentInstance',
  'restore-collections': 'MongodbRestoreTable',
  drill: 'LarderDrillBackup',
  delete: 'MongodbDeleteBackup',
  'delete-instance': 'DeleteMongoDBInstance',
  'create-instance': 'CreateMongoDBReplica',
  'change-instance': 'ChangeMongoDBInstance',
} as const satisfies Record<JobKindName, string>;

export interface NewJob {
  readonly id: string;
  readonly projectId: string;
  readonly kind: JobKindName;
  /** What clients see as its name; that of the kind unless given. */
  readonly name?: string;
  readonly instance: { readonly id: string; readonly name: string };
  /** null where the job is not about one. */
  readonly backupId: string | null;
  readonly overwrite?: boolean;
  /** What the kind of job wants to know besides; plain data. */
  readonly request?: unknown;
  /** A backup that locks the server. */
  readonly lock?: boolean;
  readonly now: Date;
}

/** A job's id: known before the job is, because what the job owns refers to it. */
export const newJobId = (): string => randomUUID();

/** The job's row and its place in the queue: both there once the transaction commits, or neither. */
export async function startJob(deps: EngineDeps, trx: CatalogTransaction, job: NewJob): Promise<void> {
  const queueId = await deps.jobs.send(trx, laneOf[job.kind], job.id);
  await trx
    .insertInto('jobs')
    .values({
      id: job.id,
      project_id: job.projectId,
      kind: job.kind,
      name: job.name ?? publicNames[job.kind],
      status: 'Running',
      instance_id: job.instance.id,
      instance_name: job.instance.name,
      backup_id: job.backupId,
      overwrite: job.overwrite ?? false,
      lock: job.lock ?? false,
      request: job.request === undefined ? null : JSON.stringify(job.request),
      created: job.now,
      ended: null,
      progress: null,
      fail_reason: null,
      queue_id: queueId,
    })
    .execute();
}
