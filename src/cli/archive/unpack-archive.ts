import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLarderError } from '../../core/errors.ts';
import { dataNameOf, openArchive, type ArchivePart, type OpenedArchive } from '../../engine/import/read-archive.ts';
import { toExtendedJson } from '../../lib/extended-json.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { dumpFileName } from './dump-names.ts';
import { writeWhole } from './new-file.ts';

/** How the documents of a collection are written: in mongodump's own files, or as canonical Extended JSON, one in a line. */
export type DocumentFormat = 'bson' | 'jsonl';

export interface Unpacked {
  readonly collections: number;
  readonly documents: number;
}

/** The documents of one collection, as they come. */
type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/**
 * Unpacks an archive into a folder as mongodump lays it out: `db/collection.bson` and, with that format, `db/collection.metadata.json`.
 * Every checksum is compared. Throws `archive-broken` where the archive is not whole; files that are finished by then stay.
 */
export async function unpackToFolder(
  archive: AsyncIterable<Buffer>,
  folder: string,
  { format, gzip }: { readonly format: DocumentFormat; readonly gzip: boolean },
): Promise<Unpacked> {
  return reading(async () => {
    const opened = await openArchive(archive);
    const end = gzip ? '.gz' : '';
    const listed = new Map(opened.prelude.collections.map((one) => [dataNameOf(one), one]));
    for (const db of new Set(opened.prelude.collections.map((one) => one.db)))
      await mkdir(join(folder, fileSafe(db)), { recursive: true });
    if (format === 'bson') {
      for (const { db, collection, metadata } of opened.prelude.collections) {
        const path = join(folder, fileSafe(db), `${dumpFileName(collection)}.metadata.json${end}`);
        await writeWhole(path, single(metadata), gzip);
      }
    }
    return eachCollection(opened, async ({ db, collection }, pieces) => {
      // A view has a definition, and no documents of its own.
      if (listed.get(`${db}.${collection}`)?.type === 'view') {
        for await (const piece of pieces(format)) void piece;
        return false;
      }
      await writeWhole(join(folder, fileSafe(db), `${dumpFileName(collection)}.${format}${end}`), pieces(format), gzip);
      return true;
    });
  });
}

/** Writes the documents of an archive, one collection behind the other. Errors as `unpackToFolder`. */
export async function unpackTo(
  archive: AsyncIterable<Buffer>,
  write: (pieces: AsyncIterable<Uint8Array>) => Promise<void>,
  format: DocumentFormat,
): Promise<Unpacked> {
  return reading(async () => {
    const counted = { collections: 0, documents: 0 };
    const all = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const part of (await openArchive(archive)).parts) {
        if (part.kind === 'documents') yield inFormat(part, format);
        else {
          counted.collections++;
          counted.documents += part.documents;
        }
      }
    };
    await write(all());
    return counted;
  });
}

/** Calls once for each collection, with its documents. What Larder exports has one after the other. */
async function eachCollection(
  { parts }: OpenedArchive,
  take: (of: Pick<ArchivePart, 'db' | 'collection'>, pieces: (format: DocumentFormat) => Pieces) => Promise<boolean>,
): Promise<Unpacked> {
  const counted = { collections: 0, documents: 0 };
  for (;;) {
    const first = await parts.next();
    if (first.done === true) return counted;
    const of = first.value;
    const pieces = async function* (format: DocumentFormat): Pieces {
      let part: ArchivePart = of;
      while (part.kind === 'documents') {
        yield inFormat(part, format);
        const next = await parts.next();
        // A whole archive has the end of each collection.
        if (next.done === true || next.value.db !== of.db || next.value.collection !== of.collection) throw takingTurns();
        part = next.value;
      }
      counted.documents += part.documents;
    };
    if (await take(of, pieces)) counted.collections++;
  }
}

function inFormat({ batch }: Extract<ArchivePart, { kind: 'documents' }>, format: DocumentFormat): Uint8Array {
  if (format === 'bson') return batch.buffer;
  let lines = '';
  for (let n = 0; n < batch.count; n++) lines += `${toExtendedJson(batch.buffer, batch.starts[n])}\n`;
  return Buffer.from(lines);
}

async function* single(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

/** No server has such a database, and a path must not lead elsewhere. */
function fileSafe(db: string): string {
  if (!/^[^/\\. "$\0]{1,63}$/.test(db)) throw broken(`it holds a database ${JSON.stringify(db)}, which no server has`);
  return db;
}

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isLarderError(error, 'invalid-archive')) throw broken(error.message, error);
    throw error;
  }
}

function takingTurns(): CommandError {
  return broken('its collections take turns, which is not what Larder writes');
}

function broken(how: string, cause?: unknown): CommandError {
  return new CommandError('archive-broken', exitCodes.failed, `The archive that came is damaged: ${how}`, { cause });
}
