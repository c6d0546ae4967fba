import type { ClusterTime } from '../core/image.ts';
import type { ChangedKey } from '../engine/change-repository-key.ts';
import type { RecoveredCatalog } from '../engine/recover-catalog.ts';

/** Where the settings come from, as for the server. */
export interface LocalOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Holds `larder.yaml`; relative paths are relative to it. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface FoundDamage {
  readonly object: string;
  readonly reason: string;
  readonly range: { readonly offset: number; readonly length: number } | null;
}

/** What a check of the repository found. */
export interface RepositoryCheck {
  readonly sound: boolean;
  readonly projects: readonly {
    readonly projectId: string;
    readonly backups: readonly {
      readonly backupId: string;
      readonly name: string | null;
      readonly restorable: boolean;
      readonly damagedCollections: readonly string[];
      readonly damage: readonly FoundDamage[];
    }[];
    readonly archives: readonly {
      readonly instanceId: string;
      readonly timelines: number;
      readonly segments: number;
      readonly lost: readonly { readonly from: ClusterTime; readonly to: ClusterTime }[];
      readonly damage: readonly FoundDamage[];
    }[];
    readonly damage: readonly FoundDamage[];
  }[];
  readonly damage: readonly FoundDamage[];
  readonly objectsChecked: number;
  readonly bytesRead: number;
}

/** What a prune did, or would do. */
export interface RepositoryPruning {
  readonly dryRun: boolean;
  readonly projects: readonly {
    readonly projectId: string;
    readonly plan: Readonly<
      Record<'remove' | 'mark' | 'waiting' | 'unmark', readonly { readonly kind: string; readonly name: string }[]>
    >;
    readonly freedBytes: number;
    readonly waitingBytes: number;
    readonly blocked: string | null;
  }[];
  /** Archived oplogs: segments put into larger ones, and removed because a larger one has held their entries for long enough. */
  readonly archives: readonly {
    readonly projectId: string;
    readonly instanceId: string;
    readonly merged: number;
    readonly removed: number;
  }[];
}

export interface CheckRequest extends LocalOptions {
  /** Share of the stored data to read in full: 0 structure only, 1 every byte. */
  readonly readData: number;
  readonly onProgress: (progress: { readonly objectsChecked: number; readonly bytesRead: number }) => void;
}

export interface PruneRequest extends LocalOptions {
  /** Milliseconds; the repository's own default if absent. */
  readonly grace?: number;
  readonly dryRun: boolean;
}

export interface ExportRequest extends LocalOptions {
  /** Id or name. */
  readonly backup: string;
  /** `db.collection`; none: all of it. */
  readonly namespaces: readonly string[];
}

/** A backup on its way out, and what is open for it. */
export interface LocalExport extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  /** A mongodump archive, not compressed. */
  readonly archive: AsyncGenerator<Buffer, void, undefined>;
}

export interface Waiting {
  readonly onWait: (why: string) => void;
}

/** Whom the repository belonged to before; null: to nobody, or to this catalog already. */
export interface TakenOver {
  readonly from: { readonly host: string; readonly since: string } | null;
}

/**
 * Work on the repository of the local settings, without a server. Given from outside, because only the program's entry wires.
 * All throw LarderError: `invalid-setting`, `wrong-key`, `object-not-found` (no repository there), `store-unavailable`, `cancelled`.
 */
export interface LocalRepository {
  /** Damage is reported, not thrown. */
  check(request: CheckRequest): Promise<RepositoryCheck>;
  /** `invalid-setting` for a grace time that is not safe. */
  prune(request: PruneRequest): Promise<RepositoryPruning>;
  /** `invalid-setting` for a passphrase that is not allowed. With null the repository gets a new key file. */
  changeKey(request: LocalOptions & { readonly passphrase: string | null }): Promise<ChangedKey>;
  /** `backup-not-found`, also where several have the name; `invalid-selection`, `object-corrupt`. */
  exportBackup(request: ExportRequest): Promise<LocalExport>;
  /**
   * `operation-illegal` if the catalog is not empty, `data-folder-locked` while a server runs on the data folder, `repository-owned` while one runs on
   * the repository elsewhere. `onWait` hears why it takes long, where it does: until another owner surely is gone.
   */
  recover(options: LocalOptions & Waiting): Promise<RecoveredCatalog>;
  /** Makes the repository the catalog's of these settings as that is. Errors of `recover` but the first. */
  takeOver(options: LocalOptions & Waiting): Promise<TakenOver>;
}
