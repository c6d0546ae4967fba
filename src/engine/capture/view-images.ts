import type { ViewImage } from '../../core/image.ts';
import { definitionOf } from './definition-of.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';

/** The definitions without data among the entries of a catalog. */
export function viewImages(entries: readonly CatalogEntry[]): readonly ViewImage[] {
  return entries
    .filter((entry) => entry.type !== 'collection')
    .map((entry) => ({ ...definitionOf(entry), type: entry.type === 'timeseries' ? 'timeseries' : 'view' }));
}
