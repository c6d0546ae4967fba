import type { LayerKind, LayerRef, Manifest } from '../core/image.ts';
import type { RawBatch } from '../lib/raw-bson.ts';

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
   * removed is skipped. Memory stays bounded by blocks in flight plus 16 bytes for each `_id` touched by all layers but the
   * oldest. Every byte is authenticated before it is handed out; a damaged one is `object-corrupt` naming object and range.
   */
  readImage(layers: readonly LayerRef[], options?: { readonly signal?: AbortSignal }): AsyncIterable<RawBatch>;
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

/** Within a layer what was added later wins, document or removal. Calls on one layer must not overlap. */
export interface LayerWriter {
  /**
   * Takes the documents in order; the buffer may be reused once resolved. Resolves as soon as there is room: blocks are
   * compressed, encrypted, verified and stored behind it, with a bounded number in flight. A failure behind it is thrown by the next call.
   */
  addDocuments(batch: RawBatch): Promise<void>;
  /** Documents of the form `{_id: …}`: these `_id`s are gone. */
  addRemovals(batch: RawBatch): Promise<void>;
  /** Resolves once all blocks are durable and the layer list is written. */
  finish(): Promise<LayerRef>;
}
