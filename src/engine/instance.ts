/** Instances, as the use cases speak of them. */
import type { ProofState } from '../core/drill-schedule.ts';
import type { OplogGap } from '../core/oplog-archive.ts';
import type { OwnInstance, Tag } from '../core/own-instance.ts';
import type { BackupPolicy } from '../core/policy.ts';
import type { Page } from './page.ts';

export type InstanceMode = 'Single' | 'ReplicaSet' | 'Sharding';

export type InstanceStatus = 'normal' | 'abnormal' | 'creating' | 'createfail';

/** What runs on an instance, in the words of the DDS API; `RESTORE_CHECK`: a new instance is made of what it held, which does not touch it. */
export type InstanceAction =
  | 'BACKUP'
  | 'RESTORE_CHECK'
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

/** What of an instance its owner decides. */
export interface InstanceSettings {
  /** 0.1 to 100000; null: no limit; as it is unless given. */
  readonly rateMbPerS?: number | null;
  /** Backups of a single server keep everybody from writing meanwhile; as it is unless given. */
  readonly lock?: boolean;
}
