import { deserialize } from 'bson';
import type { Db, Document, Long } from 'mongodb';
import { documentLength, skipValue } from '../lib/raw-bson.ts';
import type { RawBatch } from '../lib/raw-bson.ts';

/** What one batch should weigh: large enough to make round trips cheap, small enough that two in flight are nothing. Bytes. */
const batchTarget = 1 * 1024 * 1024;
const firstBatchSize = 1000;
const largestBatchSize = 100_000;

/** A batch and where a scan that asked for it (`$_requestResumeToken`) would go on after it. */
export interface CursorBatch extends RawBatch {
  readonly resumeToken: Document | null;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Documents in the first batch; later ones are sized by what documents turn out to weigh. */
  readonly firstBatch?: number;
  /** Told after each answer how long it took, milliseconds. */
  readonly onAnswer?: (milliseconds: number) => void;
  /** Read in a transaction of its own, which is then aborted: 4.4 reads at a cluster time only so. */
  readonly transaction?: boolean;
}

/**
 * Runs a command that answers with a cursor and walks its batches as raw bytes; nothing is decoded. The next batch is asked for
 * while the current one is being used, so at most two are in memory. The cursor is killed when the loop is left early.
 * Driver errors pass through untranslated: the caller knows what they mean for it.
 */
export async function* readRaw(db: Db, command: Document, options: ReadOptions): AsyncGenerator<CursorBatch, void, undefined> {
  // A cursor lives in the session that made it.
  const session = db.client.startSession({ causalConsistency: false });
  const run = async (body: Document): Promise<RawCursorAnswer> => {
    const begin = performance.now();
    const answer = await db.command(body, { raw: true, session, signal: options.signal });
    options.onAnswer?.(performance.now() - begin);
    return parseCursor(answer['cursor'] as Buffer);
  };
  // The command's own read concern becomes that of the transaction.
  if (options.transaction === true) session.startTransaction();
  let open: { id: Long | bigint; collection: string } | null = null;
  let pending: Promise<RawCursorAnswer> | null = null;
  try {
    const cursorOptions =
      'find' in command ? { batchSize: options.firstBatch ?? firstBatchSize } : { cursor: { batchSize: firstBatchSize } };
    let answer = await run({ ...command, ...cursorOptions });
    for (;;) {
      open = answer.id === 0n ? null : { id: answer.id, collection: answer.collection };
      if (open !== null) {
        const average = answer.count === 0 ? 0 : answer.bytes / answer.count;
        const batchSize =
          average === 0 ? firstBatchSize : Math.max(1, Math.min(largestBatchSize, Math.round(batchTarget / average)));
        pending = run({ getMore: open.id, collection: open.collection, batchSize });
        // It is awaited below; until then a failure must not count as unhandled.
        pending.catch(() => undefined);
      }
      if (answer.count > 0) yield answer;
      if (pending === null) return;
      answer = await pending.catch((error: unknown) => {
        // A cursor that failed is gone, or its server is; nothing is left to kill.
        open = null;
        pending = null;
        throw error;
      });
      pending = null;
    }
  } finally {
    if (pending !== null) {
      const last = await pending.catch(() => null);
      if (last !== null) open = last.id === 0n ? null : { id: last.id, collection: last.collection };
    }
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
    else if (open !== null && !options.signal.aborted) {
      await db.command({ killCursors: open.collection, cursors: [open.id] }, { session }).catch(() => undefined);
    }
    await session.endSession().catch(() => undefined);
  }
}

interface RawCursorAnswer extends CursorBatch {
  readonly id: bigint;
  readonly collection: string;
  readonly bytes: number;
}

/** Reads the `cursor` sub-document of an answer: id, ns, and the offsets of the documents in its batch. */
function parseCursor(cursor: Buffer): RawCursorAnswer {
  let id = 0n;
  let collection = '';
  let starts = new Uint32Array(0);
  let count = 0;
  let bytes = 0;
  let resumeToken: Document | null = null;
  const end = documentLength(cursor, 0) - 1;
  let at = 4;
  while (at < end) {
    const type = cursor[at]!;
    const nameEnd = cursor.indexOf(0, at + 1);
    const name = cursor.toString('latin1', at + 1, nameEnd);
    const value = nameEnd + 1;
    const next = skipValue(cursor, type, value);
    if (name === 'id') id = cursor.readBigInt64LE(value);
    else if (name === 'ns') {
      const ns = cursor.toString('utf8', value + 4, next - 1);
      collection = ns.slice(ns.indexOf('.') + 1);
    } else if (name === 'postBatchResumeToken') resumeToken = rawToken(cursor.subarray(value, next));
    else if (name === 'firstBatch' || name === 'nextBatch') {
      ({ starts, count } = arrayOfDocuments(cursor, value));
      bytes = next - value;
    }
    at = next;
  }
  return { id, collection, buffer: cursor, starts, count, bytes, resumeToken };
}

/** Offsets of the documents in the BSON array at `start`. */
function arrayOfDocuments(buffer: Buffer, start: number): { starts: Uint32Array<ArrayBuffer>; count: number } {
  const end = start + documentLength(buffer, start) - 1;
  let starts = new Uint32Array(1024);
  let count = 0;
  let at = start + 4;
  while (at < end) {
    // Type byte, then the decimal index as a name of a few bytes.
    let name = at + 1;
    while (buffer[name] !== 0) name++;
    const value = name + 1;
    if (count === starts.length) {
      const larger = new Uint32Array(starts.length * 2);
      larger.set(starts);
      starts = larger;
    }
    starts[count++] = value;
    at = value + documentLength(buffer, value);
  }
  return { starts, count };
}

/** Kept as bytes by BSON's own decoder: record ids are longs or binary, both survive it. */
function rawToken(raw: Buffer): Document {
  return deserialize(raw, { promoteValues: false, promoteBuffers: false });
}
