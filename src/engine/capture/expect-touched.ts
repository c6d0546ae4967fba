import type { TransferProgress } from '../transfer-progress.ts';
import type { ChangeCollector } from './change-collector.ts';
import type { StoredLayers } from './stored-layers.ts';

/** What is waiting to be read again, with documents as large as those of the same collection were. */
export function touchedSize(
  collector: ChangeCollector,
  layers: StoredLayers,
  progress: TransferProgress,
): { readonly documents: number; readonly bytes: number } {
  const usual = progress.documents === 0 ? 0 : progress.bytes / progress.documents;
  let bytes = 0;
  for (const [uuid, { unknown }] of collector.changes) bytes += unknown * (layers.usualDocument(uuid) ?? usual);
  return { documents: collector.unknown, bytes: Math.round(bytes) };
}

/** Adds to the progress what is going to be read again; all that was expected before has been read by now. */
export function expectTouched(collector: ChangeCollector, layers: StoredLayers, progress: TransferProgress): void {
  const { documents, bytes } = touchedSize(collector, layers, progress);
  progress.settle();
  progress.expect(documents, bytes);
}
