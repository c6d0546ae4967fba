import type { ClusterTime, LayerKind, LayerRef, Manifest, OpTime } from '../core/image.ts';
import type { ArchivedStretch, OplogSegment, OplogTimeline } from '../core/oplog-archive.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import type { StoreOptions } from '../storage/port.ts';

/** How a repository is unlocked: the passphrase its master key is wrapped with, or the bytes of its key file. */
export type Unlock =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'key-file'; readonly key: Buffer };

/** What it takes to open the same repository elsewhere, for example in a worker thread. Holds secrets: never log it. */
export interface RepositoryConnection {
  /** `file:///absolute/path` or `s3://bucket/prefix?endpoint=…&region=…`. */
  readonly url: string;
  readonly unlock: Unlock;
}

/** The whole repository: one store, one master key, many projects. */
export interface Repository {
  /** 32 hex digits, fixed when the repository was made. */
  readonly id: string;
  /** Encrypts small secrets (connection strings, secret keys) for the catalog; bound to `context`, which must be given again to open. */
  sealSecret(plain: string, context: string): string;
  /** Throws `object-corrupt` if it was altered, sealed by another repository or for another context. */
  openSecret(sealed: string, context: string): string;
  readonly records: RecordStore;
  project(projectId: string): ProjectRepository;
  close(): Promise<void>;
}

/** Encrypted copies of what the catalog must be able to lose: one JSON value per kind and id, the latest wins. */
export interface RecordStore {
  put(kind: string, id: string, value: unknown): Promise<void>;
  delete(kind: string, id: string): Promise<void>;
  list(kind: string): AsyncIterable<{ readonly id: string; readonly value: unknown }>;
}

/** One project's part: its own data key, so that projects share no blocks. */
export interface ProjectRepository {
  /** Loads what is needed to recognise blocks that are stored already (those of unfinished earlier tries included). */
  beginWrite(options?: { readonly signal?: AbortSignal }): Promise<RepositoryWriter>;
  /** `backup-not-found`, or `object-corrupt` naming the object. */
  readManifest(backupId: string): Promise<Manifest>;
  listManifestIds(): AsyncIterable<string>;
  /** After this the backup does not exist any more; its blocks are freed later by prune. Repeating it is harmless. */
  deleteManifest(backupId: string): Promise<void>;
  /**
   * The documents of an image of one collection, each `_id` once, newest layer first: whatever a newer layer wrote or
   * removed is skipped, what it updated is handed out as it is after that. Memory stays bounded by blocks in flight plus 24 bytes for each
   * `_id` touched by all layers but the oldest, and the updates themselves. Every byte is authenticated before it is handed out; a damaged one is `object-corrupt` naming object and range.
   */
  readImage(layers: readonly LayerRef[], options?: { readonly signal?: AbortSignal }): AsyncIterable<RawBatch>;
  /**
   * The documents of an image in the order in which they were written, oldest layer first; whatever a newer layer wrote or removed is
   * skipped. Within a layer every `_id` must come once. Reads all layers but the oldest twice; else as `readImage`.
   */
  readInOrder(layers: readonly LayerRef[], options?: { readonly signal?: AbortSignal }): AsyncIterable<RawBatch>;
  /** The archive of an instance's oplog; of a cluster, of one of its shards. It may be empty. */
  oplog(instanceId: string, shard?: string): OplogArchive;
}

/** Reads the entries of one timeline. */
export interface OplogReader {
  /** What the timeline holds, oldest first: one stretch, unless segments got lost. */
  readonly stretches: readonly ArchivedStretch[];
  /**
   * The entries later than `after` up to and including `until`, in order, in batches of at most one segment. Continuity is proved: the
   * entry `after` itself must be in the archive or be the one before its first. `oplog-gap` names what is missing otherwise, also where the
   * timeline does not reach to `until`; `object-corrupt` names a damaged segment. What was handed out before is right in any case.
   */
  entries(after: OpTime, until: ClusterTime, options?: StoreOptions): AsyncIterable<RawBatch>;
  /** An entry of the stretch, or the one before its first, from which on everything later than `time` can be read; as late as is known without reading. */
  entryBefore(stretch: ArchivedStretch, time: ClusterTime): OpTime;
  /** The entry at exactly this time (for earlier parts of a transaction), or null if the timeline does not hold it. `object-corrupt`. */
  entryAt(time: ClusterTime, options?: StoreOptions): Promise<Buffer | null>;
}

/** The archived oplog of one shard of one instance. Segments are immutable, and may overlap; one writer at a time is expected, more do no harm. */
export interface OplogArchive {
  /** Oldest first. `object-corrupt` if one cannot be read. */
  timelines(options?: StoreOptions): Promise<readonly OplogTimeline[]>;
  /** The timeline to go on with and the entry it ends at, which is null where that cannot be read; null for an empty archive. */
  newest(
    options?: StoreOptions,
  ): Promise<{ readonly number: number; readonly begunAt: string | null; readonly at: OpTime | null } | null>;
  /** Begins a stretch, and with it records the gap before it. Repeating it is harmless. */
  beginTimeline(timeline: OplogTimeline, options?: StoreOptions): Promise<void>;
  /**
   * Stores raw entries that follow `after` without a gap: `oplog-gap` if their times do not rise. Sealed, opened again and compared in
   * memory before it is stored; durable once resolved. An empty batch is refused with `internal`.
   */
  append(
    place: { readonly timeline: number; readonly after: OpTime },
    entries: RawBatch,
    options?: StoreOptions,
  ): Promise<OplogSegment>;
  /** As their names tell, by `after`; they are authenticated only when read. */
  segments(timeline: number, options?: StoreOptions): AsyncIterable<OplogSegment>;
  /** What all timelines hold, oldest timeline first; none of one without any entry, several where segments got lost. */
  stretches(options?: StoreOptions): Promise<readonly ArchivedStretch[]>;
  /** Lists the segments once; later ones are not seen. `oplog-gap` if there is none. */
  open(timeline: number, options?: StoreOptions): Promise<OplogReader>;
  /**
   * Removes the segments of a timeline that hold nothing of these stretches, about oldest first, and tells what that freed; what follows the
   * last of them stays. With no stretch to keep the timeline goes as a whole. Cut short at any moment, what is left reads as before; repeating
   * it is harmless.
   */
  trim(
    timeline: number,
    keep: readonly ArchivedStretch[],
    options?: StoreOptions,
  ): Promise<{ readonly segments: number; readonly bytes: number }>;
  /** So many segments `merge` would put into larger ones, and remove; tells it by their names alone. */
  mergeable(options?: StoreOptions): Promise<{ readonly merged: number; readonly removed: number }>;
  /**
   * Makes fewer and larger segments of those that are an hour old, and removes small ones 48 hours after larger ones came to hold
   * their entries. What is archived stays the same, also when it is cut short; repeating it is harmless.
   */
  merge(options?: StoreOptions): Promise<{ readonly merged: number; readonly removed: number }>;
}

/** What a writer stored so far. */
export interface WriterTotals {
  readonly rawBytes: number;
  readonly bytesStored: number;
  readonly blocksStored: number;
  readonly blocksReused: number;
}

/** Writes packs and layer lists, and last the manifest. Abandoning it at any moment leaves only unreferenced data. */
export interface RepositoryWriter {
  readonly totals: WriterTotals;
  /** Several layers may be written at the same time. */
  beginLayer(kind: LayerKind): LayerWriter;
  /** Makes everything durable, checks that every referenced pack is there, then writes the manifest: the commit point. */
  commit(manifest: Manifest): Promise<void>;
  /** Drops what is in flight. Safe to call after commit, where it does nothing. */
  abandon(): Promise<void>;
}

/** Within a layer what was added later wins, document or removal; an update adds to what was there before. Calls on one layer must not overlap. */
export interface LayerWriter {
  /**
   * Takes the documents in order; the buffer may be reused once resolved. Resolves as soon as there is room: blocks are
   * compressed, encrypted, verified and stored behind it, with a bounded number in flight. A failure behind it is thrown by the next call.
   */
  addDocuments(batch: RawBatch): Promise<void>;
  /** Documents of the form `{_id: …}`: these `_id`s are gone. */
  addRemovals(batch: RawBatch): Promise<void>;
  /**
   * Documents of the form `{_id: …, o: …}`: the document, of this layer or one below, with this difference of an oplog entry applied
   * (`isDifference`). It must be there, exactly as the server had it before the update, or the image cannot be read.
   */
  addUpdates(batch: RawBatch): Promise<void>;
  /** Resolves once all blocks are durable and the layer list is written. */
  finish(): Promise<LayerRef>;
}
