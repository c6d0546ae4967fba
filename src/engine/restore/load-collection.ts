import type { Db, MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { countEmptyTimestamps, RawInserter } from '../../mongo/raw-insert.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { createCollection, createTimeSeries, hasIdIndex, storedFunctions } from './definitions.ts';
import { contentHash, readFitting, roomFor } from './image-content.ts';
import type { Piece } from './piece.ts';
import { readState, writeState } from './restore-state.ts';
import type { CollectionState } from './restore-state.ts';

/** Inserts under way for one collection. */
const insertsAtOnce = 3;
/** Progress is noted in the target after about this many bytes: what a restore that is cut short has to send again. */
const bytesBetweenNotes = 8 * 1024 * 1024;

export interface LoadDependencies {
  readonly client: MongoClient;
  readonly repository: ProjectRepository;
  /** See Target. */
  readonly keepsEmptyTimestamps: boolean;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

/**
 * Puts the documents of the image into the collection that is built, going on where an earlier call came to. Everything is on a
 * majority of the members once resolved. May be repeated after any failure; a change of the primary is a retryable one.
 */
export async function loadCollection(piece: Piece, deps: LoadDependencies): Promise<void> {
  const { client, signal } = deps;
  const { built } = piece;
  const db = client.db(built.db);
  piece.state = await readState(client, built.db, piece.key, signal);
  const found = await describeCollection(db, built.name, signal);
  const same = piece.state !== null && found !== null && found.uuid === piece.state.uuid;
  if (same && piece.state!.stage !== 'loading' && piece.hashed) return;
  // Without an index on _id a repeated document would be there twice, and a capped collection has an order.
  const resumed = same && hasIdIndex(built) && !built.capped;
  if (!resumed) piece.state = await begin(piece, db, deps);
  await fill(piece, piece.state!, resumed, deps);
}

/** Makes the collection anew, empty, and notes which one it is. */
async function begin(piece: Piece, db: Db, { client, signal }: LoadDependencies): Promise<CollectionState> {
  const { built, planned } = piece;
  const visible = planned.series?.name ?? built.name;
  if (planned.way === 'in-place' && !piece.mayReplace) await refuseOthers(piece, db, visible, signal);
  await dropIfThere(db, visible, signal);
  if (planned.series !== null) await createTimeSeries(client, planned.series, signal);
  else if (built.name !== storedFunctions || (await describeCollection(db, built.name, signal)) === null) {
    await createCollection(client, built, signal, piece.fit === 'resize' ? roomFor(built) : {});
  }
  const made = await describeCollection(db, built.name, signal);
  if (made === null || made.uuid === null)
    throw new LarderError('restore-failed', `${built.db}.${built.name} was made and is not there.`, { retryable: true });
  const state = { stage: 'loading', uuid: made.uuid, batches: 0, documents: 0, bytes: 0, failedIndexes: [], expired: 0 } as const;
  await writeState(client, { db: built.db, key: piece.key }, state, { durable: true, signal });
  return state;
}

/** `target-not-empty` if something is there that this restore did not make. */
async function refuseOthers({ state, built }: Piece, db: Db, visible: string, signal: AbortSignal): Promise<void> {
  if ((await describeCollection(db, visible, signal)) === null) return;
  if (state !== null && (await describeCollection(db, built.name, signal))?.uuid === state.uuid) return;
  throw new LarderError('target-not-empty', `Somebody made ${db.databaseName}.${visible} meanwhile; it was left as it is.`);
}

async function fill(piece: Piece, from: CollectionState, resumed: boolean, deps: LoadDependencies): Promise<void> {
  const { client, repository, progress, signal } = deps;
  const { built, key } = piece;
  const at = { db: built.db, key };
  const inserter = new RawInserter(client.db(built.db), signal);
  const ordered = built.capped;
  const hash = piece.hashed ? null : contentHash(piece.planned.image);
  const underWay = new Set<Promise<void>>();
  const done = new Set<number>();
  let prefix = from.batches;
  let unnoted = 0;
  let noting = false;
  let emptyTimestamps = 0;

  const note = async (): Promise<void> => {
    noting = true;
    unnoted = 0;
    checkTerm(inserter, await writeState(client, at, { ...from, batches: prefix }, { durable: false, signal }));
    noting = false;
  };
  const add = async (number: number, batch: RawBatch): Promise<void> => {
    await inserter.insert(built.name, batch, { ordered, repeated: resumed });
    count(piece, number, batch, progress);
    done.add(number);
    for (; done.delete(prefix); prefix++);
    unnoted += batch.buffer.length;
    if (unnoted >= bytesBetweenNotes && !noting) await note();
  };

  try {
    let number = 0;
    for await (const batch of readFitting(repository, built, piece.fit, { signal })) {
      hash?.add(batch);
      if (!deps.keepsEmptyTimestamps) emptyTimestamps += countEmptyTimestamps(batch);
      if (number < from.batches) count(piece, number, batch, progress);
      else {
        const adding = add(number, batch).then(() => void underWay.delete(adding));
        // Awaited below; until then a failure must not count as unhandled.
        adding.catch(() => undefined);
        underWay.add(adding);
        if (underWay.size >= (ordered ? 1 : insertsAtOnce)) await Promise.race(underWay);
      }
      number++;
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  if (hash !== null) {
    piece.hash = hash;
    piece.hashed = true;
  }
  const { documents, bytes } = piece.hash;
  const lost = emptyTimestamps === 0 ? {} : { emptyTimestamps };
  const loaded = { ...from, stage: 'loaded', batches: prefix, documents, bytes, ...lost } as const;
  checkTerm(inserter, await writeState(client, at, loaded, { durable: true, signal }));
  piece.state = loaded;
}

/** A new primary may lack what the old one had acknowledged: then everything since the last note that stays is done again. */
function checkTerm(inserter: RawInserter, term: string | null): void {
  if (inserter.term !== null && term !== inserter.term)
    throw new LarderError('restore-failed', 'The target elected a new primary.', { retryable: true });
}

function count(piece: Piece, number: number, batch: RawBatch, progress: TransferProgress): void {
  if (piece.counted.has(number)) return;
  piece.counted.add(number);
  progress.read(batch);
}

/** Drops a collection, view or time-series collection, or empties what cannot be dropped; harmless where it is gone. */
export async function dropIfThere(db: Db, name: string, signal: AbortSignal): Promise<void> {
  if (name === storedFunctions) {
    await db.command({ delete: name, deletes: [{ q: {}, limit: 0 }], writeConcern: { w: 'majority' } }, { signal });
    return;
  }
  try {
    await db.command({ drop: name, writeConcern: { w: 'majority' } }, { signal });
  } catch (error) {
    if (serverErrorCode(error) !== 26) throw error;
  }
}
