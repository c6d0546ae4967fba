import type { Manifest } from '../../core/image.ts';
import { Crc64 } from '../../lib/crc64.ts';
import { documentLength, type RawBatch } from '../../lib/raw-bson.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { ArchiveItem } from './archive-contents.ts';
import { encodeBlockHeader, encodePrelude, terminator } from './archive-format.ts';

export interface ArchiveSource {
  readonly manifest: Manifest;
  readonly items: readonly ArchiveItem[];
  readonly repository: ProjectRepository;
  /** Said to be what made the archive. */
  readonly toolVersion: string;
  readonly signal: AbortSignal;
}

/**
 * The archive, piece by piece, one collection after the other: the same bytes at every call. Memory is bounded as `readImage`
 * says; documents go through as they are. Throws what reading the repository throws, and then the archive is not whole.
 */
export async function* writeArchive(source: ArchiveSource): AsyncGenerator<Buffer, void, undefined> {
  const { manifest, items, toolVersion } = source;
  yield encodePrelude(
    { serverVersion: manifest.source.serverVersion, toolVersion, concurrentCollections: 1 },
    items.map(({ listed }) => listed),
  );
  for (const item of items) {
    const place = { db: item.listed.db, collection: item.dataName };
    yield encodeBlockHeader({ ...place, end: null });
    const crc = new Crc64();
    for await (const documents of documentsOf(item, source)) {
      crc.add(documents);
      yield documents;
    }
    yield Buffer.concat([terminator, encodeBlockHeader({ ...place, end: { crc: crc.value() } }), terminator]);
  }
}

async function* documentsOf({ source }: ArchiveItem, { repository, signal }: ArchiveSource): AsyncGenerator<Buffer> {
  if (source.kind === 'given') {
    yield* source.documents;
    return;
  }
  for await (const batch of repository.readImage(source.layers, { signal })) yield* runsOf(batch);
}

/** Documents that lie next to each other, as one piece. */
function* runsOf({ buffer, starts, count }: RawBatch): Generator<Buffer, void, undefined> {
  let from = starts[0] ?? 0;
  let end = from;
  for (let n = 0; n < count; n++) {
    const start = starts[n]!;
    if (start !== end) {
      yield buffer.subarray(from, end);
      from = start;
    }
    end = start + documentLength(buffer, start);
  }
  if (end > from) yield buffer.subarray(from, end);
}
