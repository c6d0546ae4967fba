/** What a backup holds (design words: image, layer, manifest), as plain data without any I/O. */

/** A MongoDB Timestamp: seconds since 1970 and the increment within that second. Ordered by seconds, then increment. */
export interface ClusterTime {
  readonly t: number;
  readonly i: number;
}

/** The place of an oplog entry: its time and the election term it was written in. */
export interface OpTime extends ClusterTime {
  readonly term: number;
}

/** Orders two cluster times: negative, zero or positive, as for `Array.prototype.sort`. */
export function compareClusterTime(a: ClusterTime, b: ClusterTime): number {
  return a.t - b.t || a.i - b.i;
}

/** `snapshot`: everything is as it was at one cluster time. `locked`: read under fsyncLock. `none`: a fuzzy copy. */
export type Consistency = 'snapshot' | 'locked' | 'none';

/** `scan`: a whole collection; `changes`: documents touched since the layer below; `merged`: several layers consolidated. */
export type LayerKind = 'scan' | 'changes' | 'merged';

/** Points at a layer list in the repository and sums it up. */
export interface LayerRef {
  /** Keyed hash of the layer list, 64 hex digits. */
  readonly id: string;
  readonly kind: LayerKind;
  /** Documents the layer holds. */
  readonly documents: number;
  /** `_id`s that the layer says are gone. */
  readonly removals: number;
  /** Raw BSON bytes of those documents. */
  readonly bytes: number;
  /** Updates of documents of layers below; absent where there are none. */
  readonly updates?: { readonly count: number; readonly bytes: number };
}

/** How many `_id`s a layer says something about, one that is updated several times counting each time. */
export function touchedBy({ documents, removals, updates }: LayerRef): number {
  return documents + removals + (updates?.count ?? 0);
}

/** One collection of an image. BSON travels as base64 of the raw bytes, so that no option is lost or rewritten. */
export interface CollectionImage {
  readonly db: string;
  readonly name: string;
  /** 32 hex digits. */
  readonly uuid: string;
  readonly capped: boolean;
  /** base64 of the raw BSON of `options` of listCollections. */
  readonly options: string;
  /** base64 of the raw BSON of each index specification, `_id_` included where it exists. */
  readonly indexes: readonly string[];
  readonly documents: number;
  /** False where `documents` is an estimate (a fuzzy scan was needed, or history was cut). */
  readonly documentsExact: boolean;
  /** Raw BSON bytes of the image's documents; an estimate once layers supersede each other. */
  readonly bytes: number;
  /** Oldest first; a newer layer wins. */
  readonly layers: readonly LayerRef[];
}

/** The options of a collection of which nobody knows them: the buckets of a time-series collection that was imported. No server has such buckets. */
export const unknownOptions = 'BQAAAAA=';

/** A view or the view side of a time-series collection: a definition without data. */
export interface ViewImage {
  readonly db: string;
  readonly name: string;
  readonly type: 'view' | 'timeseries';
  readonly options: string;
  /** Of a time-series collection: the indexes as listed through the view name. */
  readonly indexes: readonly string[];
}

/** What taking the image cost. */
export interface CaptureCost {
  /** Documents read from collections of the source. */
  readonly documentsRead: number;
  /** Raw BSON bytes of those. */
  readonly bytesRead: number;
  /** Oplog entries read from the source. */
  readonly oplogEntriesRead: number;
  /** Bytes written to the repository for this backup (packs, layer lists). */
  readonly bytesStored: number;
  /** Blocks that were in the repository already. */
  readonly blocksReused: number;
  readonly blocksStored: number;
}

/** The object that makes a backup exist; written last. */
export interface Manifest {
  readonly formatVersion: 1;
  readonly backupId: string;
  readonly projectId: string;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly name: string;
  readonly description: string;
  readonly type: 'Manual' | 'Auto';
  /** Days that the policy gave an automated backup when it was made; absent in a manual one. */
  readonly keepDays?: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly clusterTime: ClusterTime;
  /** Election term of the oplog entry at or before `clusterTime`: proves continuity for the next backup. */
  readonly term: number;
  /**
   * Replaying the oplog on this image needs every entry later than this one: `clusterTime`, or less where a transaction was open or
   * prepared then, whose earlier entries must be at hand when it commits. Absent where it is not known: nothing can be replayed on such an image.
   */
  readonly oplogAfter?: ClusterTime;
  readonly consistency: Consistency;
  /** Backup id of the base image, or null where everything was scanned. */
  readonly baseBackupId: string | null;
  readonly source: {
    readonly setName: string;
    readonly member: string;
    readonly serverVersion: string;
    readonly featureCompatibilityVersion: string;
  };
  /** Whatever a reader of the backup should know: what could not be had, estimates, retries. */
  readonly notes: readonly string[];
  readonly collections: readonly CollectionImage[];
  readonly views: readonly ViewImage[];
  readonly cost: CaptureCost;
}
