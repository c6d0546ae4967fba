/**
 * The archive of `mongodump --archive`, format 0.1. After a magic number come blocks: a header, documents, a terminator. The first
 * block is the prelude: what made the archive, and one document for each collection. Each further one belongs to the collection that its
 * header names; a header with `EOF` says that no more comes of it, and what the checksum of its documents is.
 */
import { Long, serialize } from 'bson';

export const magic = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
export const terminator = Buffer.from([0xff, 0xff, 0xff, 0xff]);
export const archiveVersion = '0.1';

export interface ArchiveHeader {
  readonly serverVersion: string;
  readonly toolVersion: string;
  /** Collections whose blocks alternate. */
  readonly concurrentCollections: number;
}

export type ArchivedType = 'collection' | 'view' | 'timeseries';

/** One document of the prelude. */
export interface ArchivedCollection {
  readonly db: string;
  /** By which people know it; the documents of a time-series collection come under `system.buckets.` and this. */
  readonly collection: string;
  /** Options, indexes and UUID in Extended JSON; '' where nothing is known. */
  readonly metadata: string;
  readonly type: ArchivedType;
}

/** The header of a block of documents. */
export interface BlockHeader {
  readonly db: string;
  readonly collection: string;
  /** Where no more comes: the CRC-64 of all its documents. */
  readonly end: { readonly crc: bigint } | null;
}

/** Everything before the first document. */
export function encodePrelude(header: ArchiveHeader, collections: readonly ArchivedCollection[]): Buffer {
  const head = serialize({
    concurrent_collections: header.concurrentCollections,
    version: archiveVersion,
    server_version: header.serverVersion,
    tool_version: header.toolVersion,
  });
  const documents = collections.map(({ db, collection, metadata, type }) =>
    serialize({ db, collection, metadata, size: 0, type }),
  );
  return Buffer.concat([magic, head, ...documents, terminator]);
}

export function encodeBlockHeader({ db, collection, end }: BlockHeader): Buffer {
  return Buffer.from(serialize({ db, collection, EOF: end !== null, CRC: Long.fromBigInt(end === null ? 0n : end.crc) }));
}
