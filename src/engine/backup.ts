/** Backups, as the use cases speak of them. */
import type { ClusterTime, CollectionImage, Consistency } from '../core/image.ts';
import type { InstanceMode, InstanceStatus } from './instance.ts';
import type { Page } from './page.ts';

export type BackupStatus = 'BUILDING' | 'COMPLETED' | 'FAILED' | 'DISABLED';

export type BackupType = 'Manual' | 'Auto';

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
