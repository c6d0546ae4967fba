/**
 * What Larder can be asked to do. The HTTP API translates requests into these calls and their errors into answers; nothing
 * else about the product is decided there. Every call may throw LarderError with the codes named at it, and then has changed nothing.
 */
import type { DrillScheduleRequest } from '../core/drill-schedule.ts';
import type { HistoryPage, HistoryQuery } from '../core/history.ts';
import type { PolicyRequest } from '../core/policy.ts';
import type { Backup, BackupDetails, BackupFilter, CreateBackup } from './backup.ts';
import type { Instance, InstanceFilter, InstanceMode, InstanceSettings } from './instance.ts';
import type { Job, JobFilter } from './job.ts';
import type { Caller, Rows } from './page.ts';
import type { PreviewRequest, RestorableQuery, RestorePreview, RestoreRequest, RestoredPart } from './restore-request.ts';
import type { DrillRequest, DrillScheduleState, PolicyState } from './schedule-state.ts';

export type * from './backup.ts';
export type * from './identity.ts';
export type * from './instance.ts';
export type * from './job.ts';
export type * from './page.ts';
export type * from './restore-request.ts';
export type * from './schedule-state.ts';

export interface UseCases {
  /** invalid-instance-id, invalid-backup-name, invalid-backup-description, instance-not-found, backup-name-taken, instance-busy, instance-not-ready, operation-illegal (a lock of what is no single server). In that order. */
  createBackup(caller: Caller, request: CreateBackup): Promise<{ jobId: string; backupId: string }>;
  /** backup-not-found, backup-in-use, instance-busy (a BUILDING backup). */
  deleteBackup(caller: Caller, backupId: string): Promise<{ jobId: string }>;
  /**
   * Up to ten manual backups, all or none. malformed-request (more, none, one twice), backup-not-found, operation-illegal (an
   * automated one), backup-in-use, instance-busy.
   */
  deleteBackups(caller: Caller, backupIds: readonly string[]): Promise<{ jobIds: readonly string[] }>;
  /** As `cancelJob` with the job that makes the backup. backup-not-found, operation-illegal (it is not being made). */
  stopBackup(caller: Caller, backupId: string): Promise<{ jobId: string }>;
  /** Newest first. backup-not-found if `backupId` is given and is no backup of the project. */
  listBackups(caller: Caller, filter: BackupFilter): Promise<Rows<Backup>>;
  /** backup-not-found. */
  showBackup(caller: Caller, backupId: string): Promise<BackupDetails>;
  /** job-not-found. */
  getJob(caller: Caller, jobId: string): Promise<Job>;
  /** Newest first. An unknown id is an empty page. */
  listJobs(caller: Caller, filter: JobFilter): Promise<Rows<Job>>;
  /**
   * job-not-found, operation-illegal (it has ended). The job is Failed within two seconds, unless it completes in that moment;
   * its backup is FAILED, its instance idle. Repeating it while the job runs changes nothing.
   */
  cancelJob(caller: Caller, jobId: string): Promise<void>;
  /** Newest first. An unknown id is an empty page. */
  listInstances(caller: Caller, filter: InstanceFilter): Promise<Rows<Instance>>;
  /** How many instances of each mode the project has. */
  countInstances(caller: Caller): Promise<Readonly<Record<InstanceMode, number>>>;
  /** instance-not-found. Asks the servers again before it answers (status, members). */
  showInstance(caller: Caller, instanceId: string): Promise<Instance>;
  /** invalid-instance-name, invalid-connection-string, instance-unreachable, instance-unsupported (with the reason), operation-illegal (as for createBackup). */
  adoptInstance(caller: Caller, request: { name: string; uri: string; lock?: boolean }): Promise<{ id: string }>;
  /** instance-not-found, operation-illegal (a lock of what is no single server). Holds from the next backup on; durable, in the repository too, once resolved. Repeating it changes nothing. */
  setInstance(caller: Caller, instanceId: string, settings: InstanceSettings): Promise<Instance>;
  /** backup-not-found, backup-not-restorable, instance-not-found, operation-illegal, invalid-selection, target-not-empty, instance-busy, instance-not-ready; of a moment also time-not-restorable, unsupported-operation (a single server), and of a part of it the errors of `listRestorableDatabases`. */
  restore(caller: Caller, request: RestoreRequest): Promise<{ jobId: string }>;
  /**
   * Brings back parts of the instance as they were, each as of its own time, beside all that it holds. malformed-request (none, or too
   * many), invalid-instance-id, instance-not-found, unsupported-operation (a single server), invalid-database-name, the errors of
   * `listRestorableDatabases`, database-not-found, invalid-selection (nothing of that name was there, or the new one cannot be one or is given
   * twice), instance-busy, instance-not-ready, collection-name-taken.
   */
  restoreCollections(
    caller: Caller,
    request: { readonly instanceId: string; readonly parts: readonly RestoredPart[] },
  ): Promise<{ jobId: string }>;
  /** What that would do to the target, which is asked and not changed. backup-not-found, backup-not-restorable, instance-not-found, invalid-selection, instance-unreachable; of a moment also the errors of `listRestorableDatabases`. */
  previewRestore(caller: Caller, request: PreviewRequest): Promise<RestorePreview>;
  /**
   * Forgets the instance and deletes its automated backups; its servers are not touched, manual backups stay. invalid-instance-id,
   * instance-not-found, instance-busy (also while an automated backup of it is restored elsewhere).
   */
  deleteInstance(caller: Caller, instanceId: string): Promise<{ jobId: string }>;
  /**
   * One page of what the archived oplog of the instance tells: drops, mass changes, the life of a document. invalid-instance-id,
   * instance-not-found, unsupported-operation (a single server), malformed-request (the namespace, the document), rate-limited, oplog-gap,
   * object-corrupt.
   */
  listHistory(caller: Caller, instanceId: string, query: HistoryQuery): Promise<HistoryPage>;
  /** Ranges of time to any moment of which the instance can be restored, ascending. invalid-instance-id, instance-not-found, unsupported-operation (a single server). */
  listRestoreTimes(caller: Caller, instanceId: string): Promise<readonly { readonly start: Date; readonly end: Date }[]>;
  /**
   * The databases that there were at the end of the second of a time, ascending, `admin`, `config` and `local` left out. Errors as
   * `listRestoreTimes`; time-not-restorable, not-replayable, oplog-gap; still-reading if so much is to be read that it has to be asked again.
   */
  listRestorableDatabases(caller: Caller, query: RestorableQuery): Promise<Rows<string>>;
  /** The collections, views and time-series collections of one of them. invalid-database-name, then the same errors, then database-not-found. */
  listRestorableCollections(caller: Caller, query: RestorableQuery & { readonly db: string }): Promise<Rows<string>>;
  /** invalid-instance-id, instance-not-found. */
  showPolicy(caller: Caller, instanceId: string): Promise<PolicyState>;
  /**
   * Durable, in the repository too, once resolved. Turned on, it begins a first automated backup at once where the instance is idle
   * and normal, else as soon as it is. Repeating it changes nothing. invalid-instance-id, invalid-keep-days, invalid-backup-start,
   * invalid-backup-end, invalid-backup-period, instance-not-found, instance-busy (a restore or the deletion of the instance runs). In that order.
   */
  setPolicy(caller: Caller, instanceId: string, request: PolicyRequest): Promise<void>;
  /** invalid-assertion, instance-not-found, backup-not-found (also where an instance has none that is COMPLETED), backup-not-restorable. */
  drill(caller: Caller, request: DrillRequest): Promise<{ jobId: string; backupId: string }>;
  /** invalid-instance-id, instance-not-found. */
  showDrillSchedule(caller: Caller, instanceId: string): Promise<DrillScheduleState>;
  /**
   * null ends it. Durable, in the repository too, once resolved. The first drill begins as soon as there is a COMPLETED backup and, where
   * one is given, its hour has come. Repeating it changes nothing. invalid-drill-schedule, invalid-assertion, invalid-instance-id, instance-not-found.
   */
  setDrillSchedule(caller: Caller, instanceId: string, request: DrillScheduleRequest | null): Promise<void>;
  createAccessKey(caller: Caller): Promise<{ access: string; secret: string }>;
  listAccessKeys(caller: Caller): Promise<readonly { access: string; created: Date }[]>;
  /** access-key-not-found. */
  deleteAccessKey(caller: Caller, access: string): Promise<void>;
}
