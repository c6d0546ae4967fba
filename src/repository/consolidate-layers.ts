import type { LayerRef } from '../core/image.ts';
import type { StoreOptions } from '../storage/port.ts';
import type { ProjectRepository, RepositoryWriter } from './port.ts';

/**
 * Merges the layers of one collection (oldest first) into one new layer that holds the same image, from the repository
 * alone. The old layers stay as they are, for the backups that use them. `object-corrupt` if one of them is damaged.
 */
export async function consolidateLayers(
  project: ProjectRepository,
  writer: RepositoryWriter,
  layers: readonly LayerRef[],
  options: StoreOptions = {},
): Promise<LayerRef> {
  const merged = writer.beginLayer('merged');
  for await (const batch of project.readImage(layers, options)) await merged.addDocuments(batch);
  return merged.finish();
}
