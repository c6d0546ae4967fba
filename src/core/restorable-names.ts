import type { Manifest } from './image.ts';

/** Databases of the server's own: they are part of an image, but never restored by name. */
const ownDatabases: ReadonlySet<string> = new Set(['admin', 'config', 'local']);

type Names = Pick<Manifest, 'collections' | 'views'>;

/** The databases of an image that can be restored, by name, ascending. */
export function restorableDatabases({ collections, views }: Names): readonly string[] {
  const names = new Set([...collections, ...views].map(({ db }) => db));
  return [...names].filter((name) => !ownDatabases.has(name)).toSorted();
}

/** Collections, views and time-series collections of one database of an image, by name, ascending; not what the server keeps behind them. */
export function restorableCollections({ collections, views }: Names, db: string): readonly string[] {
  const names = new Set([...collections, ...views].filter((each) => each.db === db).map(({ name }) => name));
  return [...names].filter((name) => !name.startsWith('system.')).toSorted();
}

const forbiddenInDatabase: ReadonlySet<string> = new Set('/\\. "$*<>:|?\0');

/** True if a server can have a database of this name. */
export function isDatabaseName(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= 63 && ![...name].some((letter) => forbiddenInDatabase.has(letter));
}
