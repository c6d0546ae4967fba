import type { MongoClient } from 'mongodb';
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

/** Builds the indexes of a loaded collection, save those that delete. What cannot be built is noted in its state. May be repeated. */
export async function indexCollection(piece: Piece, { client, signal }: BuildDependencies): Promise<void> {
  if (reached(piece, 'indexed')) return;
  const failedIndexes = await buildIndexes(client, definitionOf(piece), 'other', signal);
  await advance(piece, client, { ...piece.state!, stage: 'indexed', failedIndexes }, signal);
}

/** Reads the collection back and compares it with the image: `image-mismatch` if it differs. May be repeated. */
export async function compareCollection(piece: Piece, deps: BuildDependencies): Promise<void> {
  if (reached(piece, 'compared')) return;
  const { client, progress, clock, signal } = deps;
  let counted = 0;
  await verifyDocuments(
    client,
    piece,
    (batch, number) => {
      if (number < counted) return;
      counted = number + 1;
      progress.read(batch);
    },
    signal,
  );
  // Nothing deletes yet, so what is counted now is what will go.
  const selector = expirySelector(piece.planned, clock.now());
  const collection = client.db(piece.built.db).collection(piece.built.name);
  const expired = selector === null ? 0 : await collection.countDocuments(selector, { signal });
  await advance(piece, client, { ...piece.state!, stage: 'compared', expired }, signal);
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

/** What has indexes and options: of buckets, the time-series collection. */
function definitionOf({ planned, built }: Piece) {
  return planned.series ?? built;
}

async function advance(piece: Piece, client: MongoClient, state: CollectionState, signal: AbortSignal): Promise<void> {
  await writeState(client, { db: piece.built.db, key: piece.key }, state, { durable: true, signal });
  piece.state = state;
}
