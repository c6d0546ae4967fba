import type { LarderError } from '../core/errors.ts';
import type { RestorableRange } from '../core/oplog-archive.ts';

/** One damaged place. */
export interface Damage {
  /** Key of the object. */
  readonly object: string;
  readonly reason: string;
  /** Bytes of the object; null where the whole object is concerned. */
  readonly range: { readonly offset: number; readonly length: number } | null;
}

/** A backup and what damage means for it. */
export interface BackupCheck {
  readonly backupId: string;
  /** null if the manifest itself cannot be read. */
  readonly name: string | null;
  /** True if everything it needs was found in order, as far as it was read. */
  readonly restorable: boolean;
  /** `database.collection` of each that does not restore in full; the others do. */
  readonly damagedCollections: readonly string[];
  readonly damage: readonly Damage[];
}

/** The archived oplog of an instance and what damage means for it. */
export interface ArchiveCheck {
  readonly instanceId: string;
  /** `all` where the instance is no cluster. */
  readonly shard: string;
  readonly timelines: number;
  readonly segments: number;
  /** Moments that restored and no longer do, both ends included; as far as it was read. */
  readonly lost: readonly RestorableRange[];
  /** Missing and damaged segments and timelines. */
  readonly damage: readonly Damage[];
}

export interface ProjectCheck {
  readonly projectId: string;
  readonly backups: readonly BackupCheck[];
  readonly archives: readonly ArchiveCheck[];
  /** All damage in the project, also where no backup needs it. */
  readonly damage: readonly Damage[];
}

export interface CheckReport {
  /** True if no damage was found. */
  readonly sound: boolean;
  readonly projects: readonly ProjectCheck[];
  /** Damaged records and other things outside projects. */
  readonly damage: readonly Damage[];
  readonly objectsChecked: number;
  /** Bytes of packs and segments read in full. */
  readonly bytesRead: number;
}

/** The damage that an `object-corrupt` error names. */
export function damageOf(error: LarderError): Damage {
  const { object, reason, offset, length } = error.details;
  return {
    object: String(object ?? 'unknown'),
    reason: String(reason ?? error.message),
    range: typeof offset === 'number' && typeof length === 'number' ? { offset, length } : null,
  };
}
