import type { LayerRef } from '../../core/image.ts';
import { batchOfDocuments, documentLength } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { idKeyOf } from '../../mongo/raw-id.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import { fits, withoutOldest } from '../capped-limit.ts';
import type { CappedLimit } from '../capped-limit.ts';
import type { CappedChanges } from './capped-changes.ts';

export interface MergeCapped {
  readonly repository: ProjectRepository;
  readonly writer: RepositoryWriter;
  /** The scan and what came and went since, oldest first. */
  readonly layers: readonly LayerRef[];
  readonly changes: CappedChanges;
  /** Where the server removes what does not fit at the front without telling it to the oplog, as it does up to 4.4: what fits. */
  readonly limit: CappedLimit | null;
  readonly signal: AbortSignal;
}

/** Makes one layer of the layers of a capped collection: its documents after all their updates, in the order in which they came. */
export async function mergeCapped(merge: MergeCapped): Promise<LayerRef> {
  const { repository, writer, layers, changes, limit, signal } = merge;
  const merged = writer.beginLayer('merged');
  for await (const batch of repository.readInOrder(layers, { signal })) await merged.addDocuments(patchedBatch(batch, changes));
  const all = await merged.finish();
  if (limit === null || fits(all, limit)) return all;
  const fitting = writer.beginLayer('merged');
  for await (const batch of withoutOldest(repository.readInOrder([all], { signal }), all, limit))
    await fitting.addDocuments(batch);
  return fitting.finish();
}

function patchedBatch(batch: RawBatch, changes: CappedChanges): RawBatch {
  if (!changes.hasPatches) return batch;
  const documents = Array.from({ length: batch.count }, (_, n) => {
    const start = batch.starts[n]!;
    const document = batch.buffer.subarray(start, start + documentLength(batch.buffer, start));
    const id = idKeyOf(batch.buffer, start);
    return id === null ? document : changes.patched(id, document);
  });
  return batchOfDocuments(documents);
}
