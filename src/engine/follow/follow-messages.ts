/** What server and follower thread tell each other; plain data that can be copied between threads. */
import type { OpTime } from '../../core/image.ts';
import type { OplogTimeline, ReplayBase } from '../../core/oplog-archive.ts';
import type { RepositoryConnection } from '../../repository/port.ts';

/** One instance whose oplog is to be archived from now on, and until the order is left out or its lease has passed. Holds a secret. */
export interface FollowOrder {
  readonly projectId: string;
  readonly instanceId: string;
  readonly uri: string;
  /** Milliseconds from the arrival of the order on in which nobody else follows this instance. */
  readonly leaseMs: number;
  /** The newest image that entries can be replayed on: an empty archive begins there if the source still reaches back to it. */
  readonly base: ReplayBase | null;
  /** When the last restore onto the instance ended, ISO 8601: history begins anew after it. */
  readonly restoredAt: string | null;
}

export interface FollowSettings {
  readonly repository: RepositoryConnection;
  /** How often what was written is archived, milliseconds. */
  readonly intervalMs: number;
  /** A segment is closed once its entries have so many bytes. */
  readonly segmentBytes: number;
}

/** All orders that are in force; repeated every few seconds. */
export type ToFollower =
  | { readonly type: 'begin'; readonly settings: FollowSettings }
  | { readonly type: 'orders'; readonly orders: readonly FollowOrder[] }
  | { readonly type: 'stop' };

/** How the archiving of one instance goes. */
export type FollowReport =
  /** Taken up: an archive that exists is continued. */
  | { readonly kind: 'resumed' }
  | { readonly kind: 'begun'; readonly timeline: OplogTimeline }
  | { readonly kind: 'stored'; readonly timeline: number; readonly after: OpTime; readonly to: OpTime }
  /** The source was looked at and nothing stands in the way. Seconds since 1970; null where it could not be asked. */
  | { readonly kind: 'looked'; readonly sourceSeconds: number; readonly oldestSeconds: number | null }
  | { readonly kind: 'stalled'; readonly cause: string };

export type FromFollower =
  | { readonly type: 'report'; readonly instanceId: string; readonly report: FollowReport }
  | { readonly type: 'stopped' };
