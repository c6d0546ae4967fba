/**
 * What Larder can be asked to do. The HTTP API translates requests into these calls and their errors into answers; nothing
 * else about the product is decided there. Every call may throw LarderError with the codes named at it, and then has changed nothing.
 */
import type { CollectionImage, Consistency, ClusterTime } from '../core/image.ts';

/** Who calls, already authenticated, and the one project the call may touch. */
export interface Caller {
  readonly projectId: string;
  readonly userId: string;
  readonly userName: string;
}

export type BackupStatus = 'BUILDING' | 'COMPLETED' | 'FAILED' | 'DISABLED';
export type BackupType = 'Manual' | 'Auto';
export type InstanceMode = 'Single' | 'ReplicaSet' | 'Sharding';
export type InstanceStatus = 'normal' | 'abnormal' | 'creating';
export type InstanceAction = 'BACKUP' | 'RESTORE' | 'DELETE_INSTANCE';
export type JobStatus = 'Running' | 'Completed' | 'Failed';

/** A row of the backup list. */
export interface Backup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly instanceMode: InstanceMode;
  readonly datastoreVersion: string;
  readonly type: BackupType;
  readonly status: BackupStatus;
  readonly beginTime: Date;
  readonly endTime: Date | null;
  /** Raw bytes of the image's documents; 0 until COMPLETED. */
  readonly sizeBytes: number;
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
  /** The connection string without its credentials. */
  readonly address: string;
  readonly created: Date;
  readonly updated: Date;
}

/** How far a running job is. Numbers never go back within one try. */
export interface JobProgress {
  readonly phase: string;
  readonly documentsDone: number;
  /** null while unknown. */
  readonly documentsTotal: number | null;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  /** Bytes a second over the last seconds. */
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
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
}

export interface InstanceFilter extends Page {
  readonly id?: string;
  /** Exact, or a substring search where it starts with `*`. */
  readonly name?: string;
  readonly mode?: InstanceMode;
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
}

export interface RestoreRequest {
  readonly backupId: string;
  /** Given by the DDS call, which names it; must then be the backup's instance (`operation-illegal`). */
  readonly sourceInstanceId?: string;
  readonly targetInstanceId: string;
  /** The target's data may be replaced. Without it a target that holds user data is `target-not-empty`. */
  readonly overwrite: boolean;
}

export interface UseCases {
  /** invalid-instance-id, invalid-backup-name, invalid-backup-description, instance-not-found, backup-name-taken, instance-busy, instance-not-ready. In that order. */
  createBackup(caller: Caller, request: CreateBackup): Promise<{ jobId: string; backupId: string }>;
  /** backup-not-found, backup-in-use, instance-busy (a BUILDING backup). */
  deleteBackup(caller: Caller, backupId: string): Promise<{ jobId: string }>;
  /** Newest first. backup-not-found if `backupId` is given and is no backup of the project. */
  listBackups(caller: Caller, filter: BackupFilter): Promise<Rows<Backup>>;
  /** backup-not-found. */
  showBackup(caller: Caller, backupId: string): Promise<BackupDetails>;
  /** job-not-found. */
  getJob(caller: Caller, jobId: string): Promise<Job>;
  /** Newest first. An unknown id is an empty page. */
  listInstances(caller: Caller, filter: InstanceFilter): Promise<Rows<Instance>>;
  /** instance-not-found. Asks the servers again before it answers (status, members). */
  showInstance(caller: Caller, instanceId: string): Promise<Instance>;
  /** invalid-instance-name, invalid-connection-string, instance-unreachable, instance-unsupported (with the reason). */
  adoptInstance(caller: Caller, request: { name: string; uri: string }): Promise<{ id: string }>;
  /** backup-not-found, backup-not-restorable, instance-not-found, operation-illegal, target-not-empty, instance-busy, instance-not-ready. */
  restore(caller: Caller, request: RestoreRequest): Promise<{ jobId: string }>;
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
  /** Projects that the user may use, filtered by exact name where given. */
  listProjects(userId: string, name?: string): Promise<readonly (Named & { readonly domainId: string })[]>;
  listDomains(userId: string, name?: string): Promise<readonly Named[]>;
}
