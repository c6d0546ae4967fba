import type { Document, MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { isRestoreOwn, stateCollection } from '../../core/restore-names.ts';
import { listUserDatabases } from '../../mongo/collection-catalog.ts';

const majority = { w: 'majority' };

/**
 * How far a collection is. `loading`: the first `batches` batches of its image are in it. Then all are, for a later point in time what
 * was written since is added to it, its indexes are built and it was read back and compared, what deletes by age is on.
 */
export interface CollectionState {
  readonly stage: 'loading' | 'loaded' | 'replayed' | 'compared' | 'ready';
  /** Of the collection that is being filled, 32 hex digits: told apart by it, it keeps it when it is renamed. */
  readonly uuid: string;
  readonly batches: number;
  readonly documents: number;
  readonly bytes: number;
  /** Indexes that cannot be built, with the reason. */
  readonly failedIndexes: readonly { readonly name: string; readonly reason: string }[];
  /** Documents past their time already; they go when the server looks next. */
  readonly expired: number;
  /** Documents of the image whose empty timestamps secondaries of the target replace; absent where they do not. */
  readonly emptyTimestamps?: number;
}

/**
 * Reads a state that stays: what the majority has. Since the oplog has one order, everything that was written before it stays too,
 * acknowledged by one member or by all.
 */
export async function readState<State extends object = CollectionState>(
  client: MongoClient,
  db: string,
  key: string,
  signal: AbortSignal,
): Promise<State | null> {
  const command = { find: stateCollection, filter: { _id: key }, limit: 1, readConcern: { level: 'majority' } };
  const { cursor } = await client.db(db).command(command, { signal });
  const row = (cursor.firstBatch as Document[])[0];
  return row === undefined ? null : (row['state'] as State);
}

/** Writes a state and returns the election term in which it was; with `durable`, once it stays. Driver errors pass through. */
export async function writeState(
  client: MongoClient,
  at: { readonly db: string; readonly key: string },
  state: object,
  options: { readonly durable: boolean; readonly signal: AbortSignal },
): Promise<string | null> {
  const update = { q: { _id: at.key }, u: { $set: { state } }, upsert: true };
  const answer = await client
    .db(at.db)
    .command(
      { update: stateCollection, updates: [update], writeConcern: options.durable ? majority : { w: 1 } },
      { signal: options.signal },
    );
  const refusal = answer['writeErrors']?.[0] ?? answer['writeConcernError'];
  if (refusal !== undefined) {
    throw new LarderError('restore-failed', `The progress of the restore could not be noted: ${String(refusal.errmsg)}`, {
      retryable: true,
    });
  }
  return termOf(answer);
}

/** The election term of the entry that a write made, or null where the server does not say. */
export function termOf(answer: Document): string | null {
  const term = answer['opTime']?.t;
  return term === undefined ? null : String(term);
}

/** Drops what earlier restores left, except the collections named; with nothing to keep, all of it. */
export async function removeLeftovers(client: MongoClient, keep: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  for (const name of await listUserDatabases(client, signal)) {
    const db = client.db(name);
    const collections = await db.listCollections({ name: /^larder\.restor/ }, { nameOnly: true, signal }).toArray();
    const own = collections.map((collection) => collection.name).filter(isRestoreOwn);
    for (const leftover of own) {
      if (leftover === stateCollection && keep.size > 0) {
        const stale = { q: { _id: { $nin: [...keep] } }, limit: 0 };
        await db.command({ delete: leftover, deletes: [stale], writeConcern: majority }, { signal });
      } else if (!keep.has(leftover)) await db.command({ drop: leftover, writeConcern: majority }, { signal });
    }
  }
}
