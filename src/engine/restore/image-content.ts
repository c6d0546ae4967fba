import type { Document } from 'mongodb';
import type { CollectionImage } from '../../core/image.ts';
import { MultisetHash } from '../../lib/multiset-hash.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { SequenceHash } from '../../lib/sequence-hash.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import { cappedLimit, fits, withoutOldest } from '../capped-limit.ts';
import type { CappedLimit } from '../capped-limit.ts';

/** Says whether two collections hold the same. */
export type ContentHash = MultisetHash | SequenceHash;

/** A hash of documents, in their order where the collection has one. */
export function contentHash({ capped }: Pick<CollectionImage, 'capped'>): ContentHash {
  return capped ? new SequenceHash() : new MultisetHash();
}

/**
 * How the documents of an image get into a collection with its options. A capped one may hold more than these allow (`collMod` made it
 * smaller, an update made a document larger): a server removes the oldest at the next insert. `resize`: it is made larger, filled, and
 * then made as small as it was; `leave-out`: the oldest that do not fit are left out, where the servers know no such change.
 */
export type Fit = 'as-is' | 'resize' | 'leave-out';

/** The first release line whose capped collections can be resized, and hold more than their options say without being damaged. */
const firstThatResizes = 6;

/** `sourceVersion`: of the server the image is of; a target is never older. */
export function fitOf(image: CollectionImage, sourceVersion: string): Fit {
  if (!image.capped || fits(heldBy(image), limitOf(image))) return 'as-is';
  return Number.parseInt(sourceVersion, 10) >= firstThatResizes ? 'resize' : 'leave-out';
}

/** The documents of an image that go into its collection. */
export function readFitting(
  repository: ProjectRepository,
  image: CollectionImage,
  fit: Fit,
  options: { readonly signal: AbortSignal },
): AsyncIterable<RawBatch> {
  const all = repository.readImage(image.layers, options);
  return fit === 'leave-out' ? withoutOldest(all, heldBy(image), limitOf(image)) : all;
}

/** Options of the command that creates the collection: large enough for all documents of its image. */
export function roomFor(image: CollectionImage): { readonly size: number; readonly max?: number } {
  const held = heldBy(image);
  const { bytes, documents } = limitOf(image);
  const size = Math.max(bytes, held.bytes);
  return documents === Infinity ? { size } : { size, max: Math.max(documents, held.documents) };
}

/** The `collMod` that gives the collection the size of its options. */
export function backToSize(image: CollectionImage): Document {
  const { bytes, documents } = limitOf(image);
  return { collMod: image.name, cappedSize: bytes, ...(documents === Infinity ? {} : { cappedMax: documents }) };
}

const limitOf = ({ options }: CollectionImage): CappedLimit => cappedLimit(Buffer.from(options, 'base64'));

function heldBy({ documents, layers }: CollectionImage): CappedLimit {
  return { documents, bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0) };
}
