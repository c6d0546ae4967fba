/**
 * What Larder can be asked to do. The HTTP API translates requests into these calls and their errors into answers; nothing
 * else about the product is decided there. Every call may throw LarderError with the codes named at it, and then has changed nothing.
 */
import type { CollectionImage, Consistency, ClusterTime } from '../core/image.ts';
import type { HistoryPage, HistoryQuery } from '../core/history.ts';
import type { OwnInstance, Tag } from '../core/own-instance.ts';
import type { RestoreSelection } from '../core/restore-selection.ts';
import type { PlanDescription } from './restore/describe-plan.ts';
import type { ExpectedTime } from '../core/expected-time.ts';
import type { OplogGap } from '../core/oplog-archive.ts';
import type { BackupPolicy, PolicyRequest } from '../core/policy.ts';
import type { DrillSchedule, DrillScheduleRequest, ProofState } from '../core/drill-schedule.ts';

/** Who calls, already authenticated, and the one project the call may touch. */
export interface Caller {
  readonly projectId: string;
  readonly userId: string;
  readonly userName: string;
}

export type BackupStatus = 'BUILDING' | 'COMPLETED' | 'FAILED' | 'DISABLED';
export type BackupType = 'Manual' | 'Auto';
export type InstanceMode = 'Single' | 'ReplicaSet' | 'Sharding';
export type InstanceStatus = 'normal' | 'abnormal' | 'creating' | 'createfail';
/** What runs on an instance, in the words of the DDS API. */
export type InstanceAction =
  | 'BACKUP'
  | 'RESTORE'
  | 'RESTORE_TABLE'
  | 'DELETE_INSTANCE'
  | 'CREATE'
  | 'RESTARTING'
  | 'SWITCH_PRIMARY'
  | 'SWITCH_SSL'
  | 'MODIFY_PORT'
  | 'RESIZE_VOLUME'
  | 'RESIZE_FLAVOR'
  | 'MODIFY_SECURITYGROUP'
  | 'BIND_EIP'
  | 'UNBIND_EIP'
  | 'APPLY_CONFIGURATION'
  | 'SET_CONFIGURATION';
export type JobStatus = 'Running' | 'Completed' | 'Failed';

/** A row of the backup list. */
export interface Backup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly instanceMode: InstanceMode;
  /** null once the instance is gone. */
  readonly instanceStatus: InstanceStatus | null;
  /** A restore to the instance runs. */
  readonly instanceRestoring: boolean;
  readonly datastoreVersion: string;
  readonly type: BackupType;
  readonly status: BackupStatus;
  readonly beginTime: Date;
  readonly endTime: Date | null;
  /** Raw bytes of the image's documents; 0 until COMPLETED. */
  readonly sizeBytes: number;
  /** False for an automated backup while the policy of its instance is on: then only the policy deletes it. */
  readonly deletable: boolean;
  /** null until it was restored as a whole for the first time. */
  readonly proof: BackupProof | null;
}

/** `larder backup show`: the row and what its manifest says. */
export interface BackupDetails extends Backup {
  /** All null until COMPLETED. */
  readonly clusterTime: ClusterTime | null;
  readonly consistency: Consistency | null;
  readonly baseBackupId: string | null;
  readonly documentsRead: number | null;
  readonly oplogEntriesRead: number | null;
  readonly bytesRead: number | null;
  readonly bytesStored: number | null;
  readonly blocksStored: number | null;
  readonly blocksReused: number | null;
  readonly notes: readonly string[];
  readonly collections: readonly Pick<CollectionImage, 'db' | 'name' | 'uuid' | 'documents' | 'documentsExact' | 'bytes'>[];
  /** Why it FAILED, else null. */
  readonly failReason: string | null;
}

export interface InstanceNode {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly role: 'Primary' | 'Secondary' | 'Hidden' | 'unknown';
  readonly status: 'normal' | 'abnormal';
}

export interface Instance {
  readonly id: string;
  readonly name: string;
  readonly mode: InstanceMode;
  readonly status: InstanceStatus;
  readonly actions: readonly InstanceAction[];
  /** major.minor, for example `6.0`. */
  readonly datastoreVersion: string;
  readonly serverVersion: string;
  readonly setName: string | null;
  readonly port: number;
  readonly tls: boolean;
  readonly nodes: readonly InstanceNode[];
  /** Backups of this single server keep everybody from writing meanwhile. */
  readonly lock: boolean;
  /** Backups read no more than so many megabytes (of 1,000,000 bytes) a second; null: no limit. */
  readonly rateMbPerS: number | null;
  /** null: its servers run elsewhere and are not Larder's to start or stop. */
  readonly own: OwnInstance | null;
  readonly tags: readonly Tag[];
  /** The connection string without its credentials. */
  readonly address: string;
  readonly backupPolicy: BackupPolicy;
  readonly proof: InstanceProof;
  /** Of a single answer only, and only where there is an archive. */
  readonly archive?: ArchiveState | null;
  readonly created: Date;
  readonly updated: Date;
}

/** How the archiving of an instance's oplog goes. */
export interface ArchiveState {
  /** `off`: nobody is to follow it, because the policy is off. */
  readonly state: 'following' | 'stalled' | 'off';
  /** Why it stalls, else null. */
  readonly cause: string | null;
  /** The newest moment to which the instance can be restored; null where there is none. */
  readonly newestRestorable: Date | null;
  /** Seconds of the source that were not archived when it was last looked at; null while off. */
  readonly lagSeconds: number | null;
  /** Seconds of oplog that the source keeps; null where that is not known. */
  readonly windowSeconds: number | null;
  readonly gaps: readonly OplogGap[];
}

/** How far a running job is. Numbers never go back within one try. */
export interface JobProgress {
  readonly phase: string;
  /** Of the whole, 0 to 0.99; null while unknown. */
  readonly share: number | null;
  readonly documentsDone: number;
  /** null while unknown. */
  readonly documentsTotal: number | null;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  /** Bytes a second over the last seconds. */
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  /** How many seconds of the source's oplog are still to be read; null where it is not read. */
  readonly lagSeconds: number | null;
  /** How many seconds of oplog the source keeps behind what was read of it; null where that is not known. */
  readonly oplogWindowSeconds: number | null;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly created: Date;
  readonly ended: Date | null;
  readonly progress: JobProgress | null;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly backupId: string | null;
  readonly failReason: string | null;
  /** What a Completed restore or drill proved; null for other jobs. */
  readonly result: RestoreResult | null;
}

/** A stretch of the archived oplog that a restore replayed. */
export interface ReplayedSpan {
  readonly baseBackupId: string;
  /** `seconds:increment`. */
  readonly point: string;
  readonly entries: number;
  /** Writes among them to what was restored. */
  readonly writes: number;
}

/** A restore that was compared, collection by collection. */
export interface RestoreResult {
  /**
   * `equal`: with its backup, and everything is the same. `replayed`, of a point in time: so it was before the oplog was replayed on
   * it, and afterwards counts, options and indexes are what the oplog says. It says nothing of the backup as a whole.
   */
  readonly verdict: 'equal' | 'replayed';
  /** What was replayed, for each point in time; empty where nothing was. */
  readonly replayed: readonly ReplayedSpan[];
  readonly documents: number;
  readonly bytes: number;
  readonly collections: number;
  /** Of the last try, from its first question to the last comparison. */
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** What could not come back the same, and what to know of it, one line each. */
  readonly notes: readonly string[];
}

export interface DrillRequest {
  /** A backup, or the newest one of an instance. */
  readonly of: { readonly backupId: string } | { readonly instanceId: string };
  /** As `parseAssertions` takes them. */
  readonly assertions: readonly unknown[];
}

/** What a restore would do. */
export type RestorePreview = PlanDescription & { readonly expected: ExpectedTime };

/** The newest verdict on a backup: of a restore of all of it, or of a drill. */
export interface BackupProof {
  readonly verdict: 'proved' | 'failed';
  readonly at: Date;
  readonly jobId: string;
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** Why it failed, else null. */
  readonly reason: string | null;
}

/** How far an instance's backups are proved. */
export interface InstanceProof {
  readonly state: ProofState;
  /** Of the newest restore of all of a backup, or drill; it outlives the backup. */
  readonly lastVerdict: 'proved' | 'failed' | null;
  readonly lastAt: Date | null;
  /** When a backup was proved for the last time. */
  readonly provedAt: Date | null;
  /** The backup of the last verdict. */
  readonly backupId: string | null;
  /** Days after which a proof is too old; null where no drills are scheduled. */
  readonly allowedDays: number | null;
}

/** `larder drill schedule`: the drills of an instance and how they go. */
export interface DrillScheduleState {
  readonly schedule: DrillSchedule | null;
  /** When the last drill of the schedule began, and its job. */
  readonly lastBegun: Date | null;
  readonly lastJobId: string | null;
  /** Why the last try to begin one did not succeed; null once one did. */
  readonly trouble: string | null;
  readonly proof: InstanceProof;
}

export interface Page {
  /** Rows to skip. */
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
  /** Only rows after the one with this id. */
  readonly marker?: string;
}

export interface BackupFilter extends Page {
  readonly instanceId?: string;
  readonly backupId?: string;
  readonly type?: BackupType;
  readonly mode?: InstanceMode;
  /** Both or neither; compared with the backup's begin time, ends included. */
  readonly begin?: Date;
  readonly end?: Date;
  readonly status?: BackupStatus;
  /** Parts of the texts, letter case counts. */
  readonly namePart?: string;
  readonly descriptionPart?: string;
  readonly instanceNamePart?: string;
  /** Newest first unless given. */
  readonly order?: BackupOrder;
}

/** Rows that are equal in the field come in the order of their ids. */
export interface BackupOrder {
  readonly by: 'name' | 'instanceName' | 'type' | 'datastoreVersion' | 'beginTime' | 'status';
  readonly descending: boolean;
}

export interface JobFilter extends Page {
  readonly id?: string;
  /** As clients see it, exact. */
  readonly name?: string;
  readonly status?: JobStatus;
  /** Both or neither; compared with when the job was created, ends included. */
  readonly begin?: Date;
  readonly end?: Date;
}

export interface InstanceFilter extends Page {
  readonly id?: string;
  /** Exact, or a substring search where it starts with `*`. */
  readonly name?: string;
  readonly mode?: InstanceMode;
  readonly vpcId?: string;
  readonly subnetId?: string;
  /** Instances with all of them; an empty value is one too. */
  readonly tags?: readonly Tag[];
}

export interface Rows<T> {
  readonly rows: readonly T[];
  /** All rows that match, not only the page's. */
  readonly total: number;
}

export interface CreateBackup {
  readonly instanceId: string;
  readonly name: string;
  /** '' if none. */
  readonly description: string;
  /** Keep everybody from writing to a single server meanwhile; as the instance says unless given. */
  readonly lock?: boolean;
  /** Megabytes a second; as the instance says unless given. */
  readonly rateMbPerS?: number;
}

/** What of an instance its owner decides. */
export interface InstanceSettings {
  /** 0.1 to 100000; null: no limit; as it is unless given. */
  readonly rateMbPerS?: number | null;
  /** Backups of a single server keep everybody from writing meanwhile; as it is unless given. */
  readonly lock?: boolean;
}

/** A point in time of an instance, which may be gone by now: everything up to this entry of its oplog, and nothing later. */
export interface RestoreMoment {
  readonly instanceId: string;
  readonly point: ClusterTime;
}

/** What a restore brings. */
export type RestoreOrigin = { readonly backupId: string } | { readonly moment: RestoreMoment };

/** What a restore would bring where. */
export type PreviewRequest = RestoreOrigin & Pick<RestoreOrder, 'targetInstanceId' | 'selection'>;

export type RestoreRequest = RestoreOrigin & RestoreOrder;

export interface RestoreOrder {
  /** Given by the DDS call, which names it; must then be the backup's instance (`operation-illegal`). */
  readonly sourceInstanceId?: string;
  readonly targetInstanceId: string;
  /** The target's data may be replaced. Without it a target that holds user data is `target-not-empty`. */
  readonly overwrite: boolean;
  /** All of it unless given. */
  readonly selection?: RestoreSelection;
}

/** A database, or something in it, as it was at the end of the second of a time. */
export interface RestoredPart {
  readonly db: string;
  readonly time: Date;
  /** null: everything in the database. A new name that is null is made of the old one and the time. */
  readonly collection: { readonly name: string; readonly newName: string | null } | null;
}

/** Which names could be restored as of a time. */
export interface RestorableQuery extends Pick<Page, 'offset' | 'limit'> {
  readonly instanceId: string;
  readonly time: Date;
}

/** A window of the policy and what came of it. */
export interface WindowOutcome {
  readonly start: Date;
  /** `missed`: it ended without a backup. */
  readonly outcome: 'started' | 'missed';
  readonly backupId: string | null;
  /** Why it was missed, else null. */
  readonly reason: string | null;
}

/** `larder policy show`: the policy and how it goes. */
export interface PolicyState extends BackupPolicy {
  /** When the next window begins; null while the policy is off. */
  readonly nextWindow: Date | null;
  /** A backup is owed at once, because the policy was turned on, and could not begin yet. */
  readonly firstBackupDue: boolean;
  /** Why the last try to begin an automated backup did not succeed; null once one did. */
  readonly trouble: string | null;
  /** Newest first, at most ten. */
  readonly windows: readonly WindowOutcome[];
}

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

/** Name and id of something of the identity service. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Token {
  /** Sent once, never stored as it is. */
  readonly token?: string;
  readonly user: Named & { readonly domain: Named };
  readonly project: (Named & { readonly domain: Named }) | null;
  readonly domain: Named | null;
  readonly roles: readonly Named[];
  readonly methods: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export type NameOrId = { readonly id: string } | { readonly name: string };

export interface PasswordLogin {
  readonly user: { readonly id: string } | { readonly name: string; readonly domain?: NameOrId };
  readonly password: string;
}

export type Scope =
  | {
      readonly kind: 'project';
      readonly project: { readonly id: string } | { readonly name: string; readonly domain?: NameOrId };
    }
  | { readonly kind: 'domain'; readonly domain: NameOrId }
  | { readonly kind: 'none' };

/** A project in which somebody has a role. */
export interface UsableProject extends Named {
  readonly domainId: string;
  readonly description: string;
}

export interface Identity {
  /** wrong-credentials (the same for an unknown user and a wrong password), project-not-found. */
  loginWithPassword(login: PasswordLogin, scope: Scope): Promise<Token & { readonly token: string }>;
  /** A new token for the same user, never living longer than the first. unauthenticated, project-not-found. */
  loginWithToken(token: string, scope: Scope): Promise<Token & { readonly token: string }>;
  /** unauthenticated: unknown, expired or revoked. */
  checkToken(token: string): Promise<Token>;
  revokeToken(token: string): Promise<void>;
  /** The owner of an access key and the key's secret, for checking a signature; null if there is no such key. */
  findAccessKey(
    access: string,
  ): Promise<{ readonly secret: string; readonly userId: string; readonly userName: string; readonly domain: Named } | null>;
  /** True the first time for this signature of the access key, false ever after until `expires`; on every server of the installation. */
  useSignature(access: string, signature: string, expires: Date): Promise<boolean>;
  /** Whether the roles that whoever asks has in the project (those of its domain included), or where it is null in their own domain, permit the action; null: any role does. */
  permits(
    who: { readonly userId: string; readonly token: Token | null },
    projectId: string | null,
    action: string | null,
  ): Promise<boolean>;
  /** Projects that the user may use, filtered by exact name where given. */
  listProjects(userId: string, name?: string): Promise<readonly UsableProject[]>;
  listDomains(userId: string, name?: string): Promise<readonly Named[]>;
}
