import type { MongoClient, Document } from 'mongodb';
import { UUID } from 'mongodb';
import type { LayerRef } from '../../core/image.ts';
import { batchOfIds, idKeyOf, queryValueOf } from '../../mongo/raw-id.ts';
import type { IdKey } from '../../mongo/raw-id.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { RepositoryWriter } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';

/** `_id`s asked for in one query, and the bytes they may take together. */
const idsPerQuery = 1000;
const idBytesPerQuery = 4 * 1024 * 1024;

export interface ReadChanges {
  readonly client: MongoClient;
  readonly db: string;
  readonly uuid: string;
  readonly ids: ReadonlySet<IdKey>;
  /** `majority`, or `snapshot` at a cluster time. */
  readonly readConcern: Document;
  /** Each query is a transaction of its own. */
  readonly transactions?: boolean;
  readonly writer: RepositoryWriter;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/**
 * Reads the touched documents of one collection by UUID and writes them as a layer; an `_id` that is not there becomes a
 * removal. Returns null, having written nothing of use, if some `_id` cannot be asked for: then the collection must be scanned.
 * Server errors pass through.
 */
export async function readChanges(changes: ReadChanges): Promise<LayerRef | null> {
  const { client, db, uuid, ids, readConcern, transactions = false, writer, progress, signal } = changes;
  const layer = writer.beginLayer('changes');
  const onAnswer = progress.answered.bind(progress);
  for (const keys of portions(ids)) {
    const values: unknown[] = [];
    for (const key of keys) {
      const value = queryValueOf(key);
      if (value === null) return null;
      values.push(value.value);
    }
    const missing = new Set(keys);
    const command = { find: new UUID(uuid), filter: { _id: { $in: values } }, readConcern };
    const options = { signal, onAnswer, firstBatch: keys.length, transaction: transactions };
    for await (const batch of readRaw(client.db(db), command, options)) {
      for (let n = 0; n < batch.count; n++) {
        const key = idKeyOf(batch.buffer, batch.starts[n]!);
        if (key !== null) missing.delete(key);
      }
      await progress.readHeldBack(batch);
      await layer.addDocuments(batch);
    }
    progress.gone(missing.size);
    if (missing.size > 0) await layer.addRemovals(batchOfIds([...missing]));
  }
  return layer.finish();
}

function* portions(ids: ReadonlySet<IdKey>): Generator<IdKey[], void, undefined> {
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
