import type { CatalogEntry } from '../../mongo/collection-catalog.ts';

/** What of a catalog entry stands in a manifest: its name, its options and its finished indexes. */
export function definitionOf({ db, name, options, indexes }: CatalogEntry): {
  readonly db: string;
  readonly name: string;
  readonly options: string;
  readonly indexes: readonly string[];
} {
  return { db, name, options: options.toString('base64'), indexes: indexes.map((index) => index.toString('base64')) };
}
