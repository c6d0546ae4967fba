import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { LarderError } from '../../core/errors.ts';
import { openPipeWriter, PipeClosed } from '../../lib/message-pipe.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { ExportSummary, ExportTask, TaskContext } from '../tasks.ts';
import { archiveContents } from './archive-contents.ts';
import { writeArchive } from './write-archive.ts';

/** Little pieces are put together to at least this. */
const leastChunk = 128 * 1024;

/** Half as large again as at the best level costs, for a third of the time. */
const gzipLevel = 3;

/**
 * Writes a backup as a mongodump archive into the task's pipe, in the thread that runs it. The pipe is ended only behind a whole
 * archive. `backup-not-found`, `invalid-selection`, `object-corrupt`, `store-unavailable`; `cancelled` once nobody reads any more.
 */
export async function exportArchive(
  task: ExportTask,
  { signal }: TaskContext,
  repository: ProjectRepository,
): Promise<ExportSummary> {
  const pipe = openPipeWriter(task.pipe);
  const gone = new AbortController();
  const either = AbortSignal.any([signal, gone.signal]);
  try {
    const manifest = await repository.readManifest(task.backupId);
    const items = archiveContents(manifest, task.namespaces);
    const archive = writeArchive({ manifest, items, repository, toolVersion: task.toolVersion, signal: either });
    let bytes = 0;
    const counted = counting(archive, (length) => (bytes += length));
    for await (const chunk of task.gzip ? gzipped(counted) : gathered(counted)) {
      either.throwIfAborted();
      await pipe.write(chunk);
    }
    pipe.end();
    return { bytes };
  } catch (error) {
    gone.abort();
    if (signal.aborted || error instanceof PipeClosed)
      throw new LarderError('cancelled', 'The export was cancelled.', { cause: error });
    throw error;
  } finally {
    pipe.close();
  }
}

async function* counting(
  pieces: AsyncIterable<Buffer>,
  count: (length: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

async function* gathered(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < leastChunk) continue;
    yield Buffer.concat(held);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}

/** Compresses on the threads that Node keeps for it. */
async function* gzipped(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const gzip = createGzip({ level: gzipLevel, chunkSize: leastChunk });
  const fed = pipeline(gathered(pieces), gzip);
  // Whatever it fails with ends the compressor too, and is thrown by reading from that.
  fed.catch(() => undefined);
  try {
    for await (const chunk of gzip) yield chunk as Buffer;
  } finally {
    gzip.destroy();
  }
}
