import type { MongoClient, Document } from 'mongodb';
import { UUID } from 'mongodb';
import type { LayerRef } from '../../core/image.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { batchOfIds, idKeyOf, queryValueOf } from '../../mongo/raw-id.ts';
import type { IdKey } from '../../mongo/raw-id.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { LayerWriter, RepositoryWriter } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import type { TouchedDocuments } from './touched-documents.ts';

/** `_id`s asked for in one query, and the bytes they may take together. */
const idsPerQuery = 1000;
const idBytesPerQuery = 4 * 1024 * 1024;

/**
 * Errors of a read at a cluster time that cost that time: dropped, killed, snapshot too old or not to be had (design section 4), and of
 * the transactions it takes on 4.4 a lock not given, a write conflict, a life too long.
 */
const timeLostCodes = new Set([24, 26, 72, 112, 175, 239, 246, 251]);

export interface ReadChanges {
  readonly client: MongoClient;
  readonly uuid: string;
  readonly touched: TouchedDocuments;
  /** At least 1. */
  readonly queriesAtOnce: number;
  /** `majority`, or `snapshot` at a cluster time. */
  readonly readConcern: Document;
  /** Each query is a transaction of its own. */
  readonly transactions?: boolean;
  readonly writer: RepositoryWriter;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/**
 * Writes the touched documents of one collection as a layer: what entries tell of them, and the others read by UUID, of which an
 * `_id` that is not there becomes a removal. Returns null, having written nothing of use, if some `_id` cannot be asked for: then the collection must be scanned.
 * Server errors pass through.
 */
export async function readChanges(changes: ReadChanges): Promise<LayerRef | null> {
  const { touched, queriesAtOnce, writer } = changes;
  const layer = writer.beginLayer('changes');
  // First, because what is read wins: a document may be found under an equal _id of another type.
  const { removals, documents, updates } = touched.told();
  if (removals.count > 0) await layer.addRemovals(removals);
  if (documents.count > 0) await layer.addDocuments(documents);
  if (updates.count > 0) await layer.addUpdates(updates);
  let askable = true;
  // Several queries are answered at the same time; a layer takes one answer after the other.
  let taken: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = taken.then(work);
    taken = turn.catch(() => undefined);
    return turn;
  };
  await concurrently(portions(touched.unknownIds()), queriesAtOnce, async (keys) => {
    const values = keys.map(queryValueOf);
    askable &&= !values.includes(null);
    if (askable) await readPortion(changes, keys, values, layer, inTurn);
  });
  return askable ? layer.finish() : null;
}

/** True if a read at a cluster time failed because of the time: another one is needed. */
export function isTimeLost(error: unknown): boolean {
  const code = serverErrorCode(error);
  return code !== null && timeLostCodes.has(code);
}

async function readPortion(
  { client, touched: { db }, uuid, readConcern, transactions = false, progress, signal }: ReadChanges,
  keys: readonly IdKey[],
  values: readonly ({ readonly value: unknown } | null)[],
  layer: LayerWriter,
  inTurn: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const missing = new Set(keys);
  const filter = { _id: { $in: values.map((each) => each?.value) } };
  const onAnswer = progress.answered.bind(progress);
  const options = { signal, onAnswer, firstBatch: keys.length, transaction: transactions };
  for await (const batch of readRaw(client.db(db), { find: new UUID(uuid), filter, readConcern }, options)) {
    for (let n = 0; n < batch.count; n++) {
      const key = idKeyOf(batch.buffer, batch.starts[n]!);
      if (key !== null) missing.delete(key);
    }
    await progress.readHeldBack(batch);
    await inTurn(() => layer.addDocuments(batch));
  }
  progress.gone(missing.size);
  if (missing.size > 0) await inTurn(() => layer.addRemovals(batchOfIds([...missing])));
}

function* portions(ids: Iterable<IdKey>): Generator<IdKey[], void, undefined> {
  let portion: IdKey[] = [];
  let bytes = 0;
  for (const id of ids) {
    portion.push(id);
    bytes += id.length;
    if (portion.length < idsPerQuery && bytes < idBytesPerQuery) continue;
    yield portion;
    portion = [];
    bytes = 0;
  }
  if (portion.length > 0) yield portion;
}
