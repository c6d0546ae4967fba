import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { buildIndexes, expirySelector, startExpiry } from './definitions.ts';
import { backToSize } from './image-content.ts';
import { reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { visibleName } from './plan-restore.ts';
import { writeState } from './restore-state.ts';
import type { CollectionState } from './restore-state.ts';
import { compareDefinition, verifyDocuments } from './verify.ts';

export interface BuildDependencies {
  readonly client: MongoClient;
  readonly progress: TransferProgress;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What was found in a collection that holds what it must. */
type Proof = Pick<CollectionState, 'documents' | 'bytes'>;

/**
 * Builds the indexes of a collection whose documents are all there, save those that delete, and has `prove` read it meanwhile: an index build keeps
 * one core of the server busy, and a comparison mostly ours. What cannot be built is noted in its state. May be repeated.
 */
export async function indexAndProve(
  piece: Piece,
  prove: (piece: Piece, deps: BuildDependencies) => Promise<Proof>,
  deps: BuildDependencies,
): Promise<void> {
  if (reached(piece, 'compared')) return;
  const { client, clock, signal } = deps;
  let failedIndexes: CollectionState['failedIndexes'] = [];
  let proof: Proof = piece.state!;
  const build = async (): Promise<void> => {
    failedIndexes = await buildIndexes(client, definitionOf(piece), 'other', signal);
  };
  const read = async (): Promise<void> => {
    proof = await prove(piece, deps);
  };
  await concurrently([build, read], 2, (part) => part());
  const { documents, bytes } = proof;
  const expired = await countExpired(piece, clock.now(), client, signal);
  await advance(piece, client, { ...piece.state!, stage: 'compared', documents, bytes, failedIndexes, expired }, signal);
}

/** Reads the collection back and compares it with the image: `image-mismatch` if it differs. May be repeated. */
export async function compareDocuments(piece: Piece, { client, progress, signal }: BuildDependencies): Promise<Proof> {
  await verifyDocuments(
    client,
    piece,
    (batch, number) => {
      // Counted apart from the batches that were loaded.
      if (piece.compared > number) return;
      piece.compared = number + 1;
      progress.read(batch);
    },
    signal,
  );
  return piece.state!;
}

/**
 * Counts what is there after a replay and compares it with what must be: `image-mismatch` if it differs. `expected` is null where
 * nobody knows, because the collection loses documents by its size. May be repeated.
 */
export async function countDocuments(
  { built, planned }: Piece,
  expected: number | null,
  { client, signal }: BuildDependencies,
): Promise<Proof> {
  const collection = client.db(built.db).collection(built.name);
  const group = { _id: null, documents: { $sum: 1 }, bytes: { $sum: { $bsonSize: '$$ROOT' } } };
  const [found] = await collection.aggregate([{ $group: group }], { hint: { $natural: 1 }, signal }).toArray();
  const [documents, bytes] = [Number(found?.['documents'] ?? 0), Number(found?.['bytes'] ?? 0)];
  if (expected !== null && documents !== expected) {
    const name = visibleName(planned);
    throw new LarderError(
      'image-mismatch',
      `${name} does not hold what backup and oplog say: ${documents} documents were counted, ${expected} belong there.`,
      { details: { namespace: name } },
    );
  }
  return { documents, bytes };
}

/**
 * Last of all turns on what deletes by age (pitfalls R1), and compares options and indexes. What is deleted from now on would be
 * gone at the source too. May be repeated.
 */
export async function finishCollection(piece: Piece, { client, signal }: BuildDependencies): Promise<void> {
  if (reached(piece, 'ready')) return;
  const { planned, built } = piece;
  const definition = definitionOf(piece);
  await startExpiry(client, definition, signal);
  if (piece.fit === 'resize') {
    await client.db(built.db).command({ ...backToSize(built), writeConcern: { w: 'majority' } }, { signal });
  }
  const failed = await buildIndexes(client, definition, 'expiring', signal);
  const failedIndexes = [...piece.state!.failedIndexes, ...failed];
  const db = client.db(built.db);
  const names = failedIndexes.map(({ name }) => name);
  if (planned.series === null) {
    compareDefinition(visibleName(planned), await describeCollection(db, built.name, signal), planned.image, names);
  } else {
    const found = await describeCollection(db, planned.series.name, signal);
    compareDefinition(visibleName(planned), found, planned.series, names);
  }
  await advance(piece, client, { ...piece.state!, stage: 'ready', failedIndexes }, signal);
}

/** Nothing deletes yet, so what is counted now is what will go. */
async function countExpired({ planned, built }: Piece, now: Date, client: MongoClient, signal: AbortSignal): Promise<number> {
  const selector = expirySelector(planned, now);
  return selector === null ? 0 : client.db(built.db).collection(built.name).countDocuments(selector, { signal });
}

/** What has indexes and options: of buckets, the time-series collection. */
function definitionOf({ planned, built }: Piece) {
  return planned.series ?? built;
}

async function advance(piece: Piece, client: MongoClient, state: CollectionState, signal: AbortSignal): Promise<void> {
  await writeState(client, { db: piece.built.db, key: piece.key }, state, { durable: true, signal });
  piece.state = state;
}
