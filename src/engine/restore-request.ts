/** What a restore is to bring where, and what it would do. */
import type { ExpectedTime } from '../core/expected-time.ts';
import type { ClusterTime } from '../core/image.ts';
import type { RestoreSelection } from '../core/restore-selection.ts';
import type { Page } from './page.ts';
import type { PlanDescription } from './restore/describe-plan.ts';

/** What a restore would do. */
export type RestorePreview = PlanDescription & {
  /** Of what is brought from the backup; nobody knows beforehand how long it takes to replay. */
  readonly expected: ExpectedTime;
  readonly replay: PlannedReplay | null;
};

/** What is replayed on a backup for a point in time. */
export interface PlannedReplay {
  /** Entries of the archived oplog that are read for it, and their BSON bytes. */
  readonly entries: number;
  readonly bytes: number;
  /** Writes among them to what is restored. */
  readonly writes: number;
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
