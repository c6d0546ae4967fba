import { deserialize, type Document } from 'bson';
import { LarderError } from '../../core/errors.ts';
import { checkBson } from '../../lib/check-bson.ts';
import { Crc64 } from '../../lib/crc64.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { magic, type ArchivedCollection, type ArchivedType, type ArchiveHeader } from '../export/archive-format.ts';
import { ByteReader } from './byte-reader.ts';

/** What a server keeps at most in one document: 16 MiB, and a little more within. */
const largestDocument = 16 * 1024 * 1024 + 16 * 1024;
/** Of all documents of the prelude together: a hundred thousand collections with ten indexes each fit. */
const largestPrelude = 256 * 1024 * 1024;
/** Documents are handed on in batches of about this many bytes. */
const batchBytes = 1024 * 1024;

const types: ReadonlySet<unknown> = new Set(['collection', 'view', 'timeseries'] satisfies ArchivedType[]);

export interface Prelude {
  readonly header: ArchiveHeader;
  readonly collections: readonly ArchivedCollection[];
}

/** What comes after the prelude. `collection`: the name under which documents come, of a time-series collection that of its buckets. */
export type ArchivePart =
  | { readonly kind: 'documents'; readonly db: string; readonly collection: string; readonly batch: RawBatch }
  | { readonly kind: 'end'; readonly db: string; readonly collection: string; readonly documents: number };

export interface OpenedArchive {
  readonly prelude: Prelude;
  /** Everything else, in order; ends only where the archive is whole. */
  readonly parts: AsyncGenerator<ArchivePart, void, undefined>;
}

interface Progress {
  readonly crc: Crc64;
  documents: number;
  ended: boolean;
}

/**
 * Reads a mongodump archive, not compressed. Memory is bounded whatever the bytes are: one document, one batch and the prelude. Every document is
 * whole BSON, every collection has the checksum that the archive says. Throws `invalid-archive` with the byte for anything else; it does
 * not say that the archive is what somebody once dumped, as nothing in it is signed.
 */
export async function openArchive(input: AsyncIterable<Buffer>): Promise<OpenedArchive> {
  const bytes = new ByteReader(input);
  const start = await bytes.take(magic.length, 'the archive');
  if (!start.equals(magic)) throw invalidArchive('it does not begin as a mongodump archive does', 0);
  const prelude = await readPrelude(bytes);
  return { prelude, parts: readParts(bytes, prelude) };
}

async function readPrelude(bytes: ByteReader): Promise<Prelude> {
  const head = await readDocument(bytes, 'the header');
  if (head === null) throw invalidArchive('it has no header', bytes.position);
  const fields = decode(head, magic.length);
  const collections: ArchivedCollection[] = [];
  let total = 0;
  for (;;) {
    const at = bytes.position;
    const document = await readDocument(bytes, 'the list of collections');
    if (document === null) break;
    total += document.length;
    if (total > largestPrelude) throw invalidArchive(`its list of collections is longer than ${largestPrelude} bytes`, at);
    collections.push(listedCollection(document, at));
  }
  return {
    header: {
      serverVersion: String(fields['server_version'] ?? ''),
      toolVersion: String(fields['tool_version'] ?? ''),
      concurrentCollections: Number(fields['concurrent_collections'] ?? 1),
    },
    collections,
  };
}

function listedCollection(document: Buffer, at: number): ArchivedCollection {
  const { db, collection, metadata = '', type = '' } = decode(document, at);
  if (typeof db !== 'string' || typeof collection !== 'string' || collection === '' || typeof metadata !== 'string') {
    throw invalidArchive('a collection in its list has no name', at);
  }
  // Old tools say nothing, which means a collection.
  return { db, collection, metadata, type: types.has(type) ? (type as ArchivedType) : 'collection' };
}

async function* readParts(bytes: ByteReader, prelude: Prelude): AsyncGenerator<ArchivePart, void, undefined> {
  const seen = new Map(prelude.collections.map((listed) => [dataNameOf(listed), null as Progress | null]));
  for (;;) {
    const at = bytes.position;
    if (await bytes.isAtEnd()) break;
    const block = await readDocument(bytes, 'the header of a block');
    if (block === null) throw invalidArchive('a block has no header', at);
    const { db, collection, EOF, CRC } = decode(block, at);
    const name = `${String(db)}.${String(collection)}`;
    if (typeof db !== 'string' || typeof collection !== 'string' || !seen.has(name)) {
      throw invalidArchive(`a block is of ${name}, which is not in its list of collections`, at);
    }
    const progress = seen.get(name) ?? { crc: new Crc64(), documents: 0, ended: false };
    seen.set(name, progress);
    if (progress.ended) throw invalidArchive(`more comes of ${name} after its end`, at);
    if (typeof EOF !== 'boolean' || typeof CRC !== 'bigint' || (!EOF && CRC !== 0n))
      throw invalidArchive(`the header of a block of ${name} is damaged`, at);
    if (EOF) {
      progress.ended = true;
      if ((await readDocument(bytes, name)) !== null) throw invalidArchive(`documents of ${name} come after its end`, at);
      if (progress.crc.value() !== CRC) throw invalidArchive(`the checksum of ${name} is wrong`, at);
      yield { kind: 'end', db, collection, documents: progress.documents };
    } else {
      for await (const batch of readBatches(bytes, name, progress)) yield { kind: 'documents', db, collection, batch };
    }
  }
  for (const [name, progress] of seen) {
    if (progress?.ended !== true) throw invalidArchive(`it ends before ${name} does`, bytes.position);
  }
}

async function* readBatches(bytes: ByteReader, name: string, progress: Progress): AsyncGenerator<RawBatch, void, undefined> {
  let documents: Buffer[] = [];
  let length = 0;
  for (;;) {
    const document = await readDocument(bytes, name);
    if (document !== null) {
      progress.crc.add(document);
      progress.documents++;
      documents.push(document);
      length += document.length;
      if (length < batchBytes) continue;
    }
    if (documents.length > 0) yield batchOf(documents, length);
    if (document === null) return;
    documents = [];
    length = 0;
  }
}

function batchOf(documents: readonly Buffer[], length: number): RawBatch {
  const starts = new Uint32Array(documents.length);
  let at = 0;
  for (const [n, document] of documents.entries()) {
    starts[n] = at;
    at += document.length;
  }
  return { buffer: Buffer.concat(documents, length), starts, count: documents.length };
}

/** The next document; null where a terminator stands. */
async function readDocument(bytes: ByteReader, of: string): Promise<Buffer | null> {
  const at = bytes.position;
  const length = (await bytes.peek(4, of)).readInt32LE(0);
  if (length === -1) {
    await bytes.take(4, of);
    return null;
  }
  if (length < 5 || length > largestDocument) throw invalidArchive(`no document of ${of} can be ${length} bytes long`, at);
  const document = await bytes.take(length, of);
  try {
    checkBson(document, 0, length);
  } catch (error) {
    throw invalidArchive(`a document of ${of} is damaged`, at, error);
  }
  return document;
}

/** For the documents of the archive itself: their strings must be text. */
function decode(document: Buffer, at: number): Document {
  try {
    return deserialize(document, { useBigInt64: true });
  } catch (error) {
    throw invalidArchive('a text in it is damaged', at, error);
  }
}

/** Under which name the documents of a listed collection come. */
export function dataNameOf({ db, collection, type }: ArchivedCollection): string {
  return type === 'timeseries' ? `${db}.system.buckets.${collection}` : `${db}.${collection}`;
}

export function invalidArchive(how: string, offset: number, cause?: unknown): LarderError {
  return new LarderError('invalid-archive', `The archive cannot be read: ${how} (at byte ${offset}).`, {
    details: { offset },
    ...(cause === undefined ? {} : { cause }),
  });
}
