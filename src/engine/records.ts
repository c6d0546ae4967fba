/**
 * What the repository keeps of the catalog: enough to make it again. A record is written before the change it is about is
 * acknowledged, and before the catalog has it, so a crash between the two leaves something more to recover, never less.
 */
import type { DrillSchedule } from '../core/drill-schedule.ts';
import type { BackupPolicy } from '../core/policy.ts';
import type { OwnInstance, Tag } from '../core/own-instance.ts';
import type { ParameterValues } from '../core/server-parameters.ts';
import type { PermissionPolicy } from '../core/permission-policy.ts';
import type { ProcessIdentity } from '../lib/process-identity.ts';
import type { Repository } from '../repository/port.ts';
import type { BackupProof, InstanceMode, InstanceNode } from './use-cases.ts';

export interface DomainRecord {
  readonly name: string;
}

export interface ProjectRecord {
  readonly domainId: string;
  readonly name: string;
  readonly created: string;
  /** Absent in what older versions wrote: true, and none. */
  readonly enabled?: boolean;
  readonly description?: string;
}

export interface RoleRecord {
  readonly name: string;
  readonly description: string;
  readonly policy: PermissionPolicy | null;
}

export interface UserRecord {
  readonly domainId: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly created: string;
  /** Absent in what older versions wrote: true, and none. */
  readonly enabled?: boolean;
  readonly description?: string;
  readonly grants: readonly { readonly role: string; readonly roleId: string; readonly scopeId: string }[];
}

export interface AccessKeyRecord {
  readonly userId: string;
  readonly sealedSecret: string;
  readonly created: string;
}

/** What servers say of themselves is kept as last seen, so that an instance can be listed before it is asked again. */
export interface InstanceRecord {
  readonly projectId: string;
  readonly name: string;
  readonly mode: InstanceMode;
  readonly sealedUri: string;
  readonly address: string;
  readonly serverVersion: string;
  readonly setName: string | null;
  readonly tls: boolean;
  readonly nodes: readonly InstanceNode[];
  readonly holdsUserData: boolean;
  /** Backups of this single server lock it. Records of before that was possible say nothing. */
  readonly lock?: boolean;
  /** Absent where nobody ever set it: no limit. */
  readonly rateMbPerS?: number | null;
  /** Absent and null: the servers run elsewhere. */
  readonly own?: OwnInstance | null;
  /** Absent: none. */
  readonly tags?: readonly Tag[];
  readonly created: string;
}

/** A server that was about to be locked, or is; kept under the instance's id until the lock was given back. */
export interface WriteLockRecord {
  readonly projectId: string;
  /** The run of the server that was locked: a restarted one is not locked. */
  readonly run: string;
  readonly since: string;
}

/** The policy of the instance that has the record's id. */
export type PolicyRecord = BackupPolicy;

/** The drills of the instance that has the record's id, and since when. */
export type DrillScheduleRecord = DrillSchedule & { readonly since: string };

type StoredProof = Omit<BackupProof, 'at'> & { readonly at: string };

/** The newest verdict on the backup that has the record's id; deleted with it. */
export interface ProofRecord {
  readonly projectId: string;
  readonly proof: StoredProof;
}

/** The newest verdict on any backup of the instance that has the record's id. */
export interface InstanceProofRecord {
  readonly backupId: string;
  readonly proof: StoredProof;
  /** When a backup of it was proved for the last time. */
  readonly proved: string | null;
}

/** A parameter template that somebody made. */
export interface ConfigurationRecord {
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly nodeType: string;
  readonly parameters: ParameterValues;
  readonly created: string;
  readonly updated: string;
}

/** One change of one parameter, of a template or of an instance. */
export interface ParameterChangeRecord {
  readonly projectId: string;
  readonly configurationId: string | null;
  readonly instanceId: string | null;
  readonly parameter: string;
  readonly before: string;
  readonly after: string;
  readonly changed: string;
  /** null: not in force yet. */
  readonly applied: string | null;
}

/** A template was applied to an instance, or could not be. */
export interface ConfigurationUseRecord {
  readonly projectId: string;
  readonly configurationId: string;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly applied: string;
  readonly failure: string | null;
}

/** A deleted instance that has the record's id. */
export interface RecycledInstanceRecord {
  readonly projectId: string;
  readonly name: string;
  readonly mode: string;
  readonly version: string;
  readonly enterpriseProjectId: string;
  readonly volumeGb: number;
  /** Absent: none was set. */
  readonly parameters?: ParameterValues;
  readonly backupId: string;
  /** How long an automated backup is kept for its sake; null for one that somebody made. */
  readonly keepDays: number | null;
  readonly created: string;
  readonly deleted: string;
  readonly retainedUntil: string;
}

/** How long deleted instances can come back, in the project that has the record's id. */
export interface RecyclePolicyRecord {
  readonly days: number;
}

/** The catalog that has the record's id owns the repository, or asks whether it may. */
export interface OwnerRecord {
  /** False while it is asked for: nobody may rely on it yet. */
  readonly held: boolean;
  /** The machine that the claim was made on. */
  readonly host: string;
  readonly since: string;
}

/** A server that runs on the repository; the record's id is the run's. It goes when the server stops, and stays where that was killed. */
export interface SignOfLifeRecord {
  readonly catalogId: string;
  readonly host: string;
  /** null where the system does not say. */
  readonly process: ProcessIdentity | null;
  readonly started: string;
  /** Grows with every sign. */
  readonly count: number;
  /** When the last sign was given, by the clock of that machine. */
  readonly at: string;
}

export interface RecordKinds {
  readonly owner: OwnerRecord;
  readonly 'sign-of-life': SignOfLifeRecord;
  readonly domain: DomainRecord;
  readonly project: ProjectRecord;
  readonly role: RoleRecord;
  readonly user: UserRecord;
  readonly 'access-key': AccessKeyRecord;
  readonly instance: InstanceRecord;
  readonly policy: PolicyRecord;
  readonly 'drill-schedule': DrillScheduleRecord;
  readonly proof: ProofRecord;
  readonly 'instance-proof': InstanceProofRecord;
  readonly configuration: ConfigurationRecord;
  readonly 'parameter-change': ParameterChangeRecord;
  readonly 'configuration-use': ConfigurationUseRecord;
  readonly 'recycled-instance': RecycledInstanceRecord;
  readonly 'recycle-policy': RecyclePolicyRecord;
  readonly 'write-lock': WriteLockRecord;
}

/** Durable once resolved. Errors as RecordStore.put. */
export function putRecord<K extends keyof RecordKinds>(
  repository: Repository,
  kind: K,
  id: string,
  record: RecordKinds[K],
): Promise<void> {
  return repository.records.put(kind, id, record);
}

/** All records of a kind. They were written by `putRecord` and are authenticated, so their shape is not questioned. */
export async function readRecords<K extends keyof RecordKinds>(
  repository: Repository,
  kind: K,
): Promise<{ readonly id: string; readonly record: RecordKinds[K] }[]> {
  const records: { readonly id: string; readonly record: RecordKinds[K] }[] = [];
  for await (const { id, value } of repository.records.list(kind)) records.push({ id, record: value as RecordKinds[K] });
  return records;
}
