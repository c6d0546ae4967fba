import type { Db, Document } from 'mongodb';
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';
import { Timestamp } from 'mongodb';
import { LarderError } from '../core/errors.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import { documentLength, findElement, skipValue } from '../lib/raw-bson.ts';
import { serverErrorCode } from './connect.ts';
import { decodeValue } from './ordered-document.ts';

/** A server takes at most this many documents in one insert, and 48,000,000 bytes in one message (pitfalls R12). */
const mostDocuments = 50_000;
const mostBytes = 32 * 1024 * 1024;
/** "BSON field is an unknown field", as an IDL parser and as an older one say it. */
const unknownFieldCodes = new Set([40415, 9]);

const duplicateKey = 11000;

/** Only here to fill the driver's list: what goes over the wire is the raw bytes. */
const placeholder = Object.freeze({});

/**
 * Inserts raw documents into one database of a primary, byte for byte as they are. The server would replace an empty top-level
 * timestamp by the time (pitfalls D3): it is told not to where it knows the option, else such fields are put right afterwards.
 */
export class RawInserter {
  readonly #db: Db;
  readonly #signal: AbortSignal;
  /** null: not known yet. */
  #knowsEmptyTimestamps: boolean | null = null;
  #term: string | null = null;

  constructor(db: Db, signal: AbortSignal) {
    this.#db = db;
    this.#signal = signal;
  }

  /** The election term of the first insert, null before it or where the server does not say. */
  get term(): string | null {
    return this.#term;
  }

  /**
   * All documents of the batch, in order if `ordered`. With `repeated`, documents whose `_id` is there already are left as they are:
   * whoever asks for that compares what is there. Throws `restore-failed` with the first refusal, the same, retryable, once the
   * target has another primary than at the first insert (which may lack what was acknowledged), or the driver's error.
   */
  async insert(
    collection: string,
    batch: RawBatch,
    options: { readonly ordered: boolean; readonly repeated?: boolean },
  ): Promise<void> {
    for (const part of parts(batch)) await this.#insertPart(collection, batch, part, options);
  }

  async #insertPart(
    collection: string,
    batch: RawBatch,
    part: Part,
    { ordered, repeated = false }: { readonly ordered: boolean; readonly repeated?: boolean },
  ): Promise<void> {
    const insert = async (bypassEmptyTimestamps: boolean): Promise<Document> => {
      const documents = new DocumentSequence('documents');
      for (const run of runs(batch, part)) documents.push(placeholder, run);
      const command = { insert: collection, documents, ordered, bypassDocumentValidation: true, writeConcern: { w: 1 } };
      return this.#db.command(bypassEmptyTimestamps ? { ...command, bypassEmptyTsReplacement: true } : command, {
        signal: this.#signal,
      });
    };
    const bypass = this.#knowsEmptyTimestamps ?? true;
    let answer: Document;
    try {
      answer = await insert(bypass);
      this.#knowsEmptyTimestamps = bypass;
    } catch (error) {
      if (!bypass || !unknownFieldCodes.has(serverErrorCode(error) ?? 0)) throw error;
      this.#knowsEmptyTimestamps = false;
      answer = await insert(false);
    }
    this.#checkTerm(answer);
    const refusals = (answer['writeErrors'] as Document[] | undefined) ?? [];
    const refusal = refusals.find(({ code }) => !repeated || code !== duplicateKey);
    if (refusal !== undefined) {
      throw new LarderError(
        'restore-failed',
        `The server refused a document of ${this.#db.databaseName}.${collection}: ${String(refusal['errmsg'])}`,
        {
          details: { serverCode: Number(refusal['code']) },
        },
      );
    }
    if (!this.#knowsEmptyTimestamps) await this.#putEmptyTimestampsRight(collection, batch, part);
  }

  #checkTerm(answer: Document): void {
    const term = answer['opTime']?.t;
    if (term === undefined) return;
    this.#term ??= String(term);
    if (this.#term !== String(term))
      throw new LarderError('restore-failed', 'The target elected a new primary.', { retryable: true });
  }

  async #putEmptyTimestampsRight(collection: string, batch: RawBatch, part: Part): Promise<void> {
    for (let n = part.from; n < part.to; n++) {
      const start = batch.starts[n]!;
      const empty = emptyTimestamps(batch.buffer, start);
      const id = empty.length === 0 ? null : findElement(batch.buffer, start, '_id');
      if (id === null) continue;
      const fields = empty.map((name): [string, unknown] => [name, { $literal: new Timestamp({ t: 0, i: 0 }) }]);
      const query = { _id: { $eq: decodeValue(batch.buffer, id.type, id.value, id.end) } };
      // A pipeline sets the field where it stands and leaves empty timestamps alone.
      const update = { q: query, u: [{ $set: Object.fromEntries(fields) }] };
      await this.#db.command({ update: collection, updates: [update], bypassDocumentValidation: true }, { signal: this.#signal });
    }
  }
}

interface Part {
  readonly from: number;
  readonly to: number;
}

/** The bytes of the documents, those that lie one behind the other as one piece: the wire knows them by their own lengths. */
function* runs({ buffer, starts }: RawBatch, part: Part): Generator<Buffer, void, undefined> {
  let from = starts[part.from]!;
  let to = from;
  for (let n = part.from; n < part.to; n++) {
    const start = starts[n]!;
    if (start !== to) {
      yield buffer.subarray(from, to);
      from = start;
    }
    to = start + buffer.readInt32LE(start);
  }
  yield buffer.subarray(from, to);
}

function* parts(batch: RawBatch): Generator<Part, void, undefined> {
  let from = 0;
  let bytes = 0;
  for (let n = 0; n < batch.count; n++) {
    const length = batch.buffer.readInt32LE(batch.starts[n]!);
    if (n > from && (n - from >= mostDocuments || bytes + length > mostBytes)) {
      yield { from, to: n };
      from = n;
      bytes = 0;
    }
    bytes += length;
  }
  if (batch.count > from) yield { from, to: batch.count };
}

/** Documents with an empty timestamp at their top, beside their _id. */
export function countEmptyTimestamps({ buffer, starts, count }: RawBatch): number {
  let found = 0;
  for (let n = 0; n < count; n++) if (emptyTimestamps(buffer, starts[n]!).length > 0) found++;
  return found;
}

/** Names of top-level timestamp fields whose value is all zeroes. Asked of every document: names are decoded only where they are needed. */
function emptyTimestamps(buffer: Buffer, start: number): readonly string[] {
  const names: string[] = [];
  const end = start + documentLength(buffer, start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = buffer[at]!;
    let nameEnd = at + 1;
    while (buffer[nameEnd] !== 0) nameEnd++;
    if (type === 0x11 && buffer.readBigUInt64LE(nameEnd + 1) === 0n) {
      const name = buffer.toString('utf8', at + 1, nameEnd);
      if (name !== '_id') names.push(name);
    }
    at = skipValue(buffer, type, nameEnd + 1);
  }
  return names;
}
