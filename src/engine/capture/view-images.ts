import type { ViewImage } from '../../core/image.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';

/** The definitions without data among the entries of a catalog. */
export function viewImages(entries: readonly CatalogEntry[]): readonly ViewImage[] {
  return entries
    .filter((entry) => entry.type !== 'collection')
    .map(({ db, name, type, options, indexes }) => ({
      db,
      name,
      type: type === 'timeseries' ? 'timeseries' : 'view',
      options: options.toString('base64'),
      indexes: indexes.map((index) => index.toString('base64')),
    }));
}
