import { randomBytes } from 'node:crypto';
import { unknownOptions, type CollectionImage, type LayerRef, type ViewImage } from '../../core/image.ts';
import { decodeOrdered } from '../../mongo/ordered-document.ts';
import { isCaptured } from '../../mongo/collection-catalog.ts';
import type { ArchivedCollection } from '../export/archive-format.ts';
import { dataNameOf, invalidArchive } from './read-archive.ts';
import { readMetadata, type DumpedDefinition } from './metadata-document.ts';

/** One collection of an archive whose documents become part of the backup. */
export interface ImportedCollection {
  readonly db: string;
  /** Under which its documents come. */
  readonly name: string;
  readonly definition: DumpedDefinition;
}

/** What becomes of the collections that an archive lists. */
export interface ImportPlan {
  /** By `db.name` of their documents. */
  readonly collections: ReadonlyMap<string, ImportedCollection>;
  readonly views: readonly ViewImage[];
  /** What does not become part of the backup, and why, one line each. */
  readonly notes: readonly string[];
}

/** Plans the import of what the archive lists. Pure. `invalid-archive` for names that no server has, and metadata that are none. */
export function planImport(listed: readonly ArchivedCollection[]): ImportPlan {
  const collections = new Map<string, ImportedCollection>();
  const views: ViewImage[] = [];
  const notes: string[] = [];
  for (const one of listed) {
    const { db, collection, type } = one;
    if (db === '' && collection === 'oplog') {
      notes.push(
        'The oplog in the archive was not applied: the collections are as they were when each was dumped, not all at one time.',
      );
      continue;
    }
    checkNames(db, collection);
    const name = dataNameOf(one);
    if (collections.has(name) || views.some((view) => view.db === db && view.name === collection))
      throw invalidArchive(`it lists ${db}.${collection} twice`, 0);
    if (type === 'collection' && !isCaptured(db, collection)) {
      if (!isExpected(db, collection)) notes.push(`${db}.${collection} is the server's own and was left out.`);
      continue;
    }
    const definition = definitionOf(one);
    const base64 = {
      options: definition.options.toString('base64'),
      indexes: definition.indexes.map((raw) => raw.toString('base64')),
    };
    if (type !== 'collection') views.push({ db, name: collection, type, ...base64 });
    if (type === 'timeseries') {
      // Dumps do not say; a server makes them with the time-series collection.
      const buckets = { options: Buffer.from(unknownOptions, 'base64'), indexes: [], uuid: null };
      collections.set(name, { db, name: name.slice(db.length + 1), definition: buckets });
    } else if (type === 'collection') collections.set(name, { db, name: collection, definition });
  }
  return { collections, views, notes };
}

/** The image of a collection whose documents are stored. */
export function imageOf({ db, name, definition }: ImportedCollection, layer: LayerRef): CollectionImage {
  return {
    db,
    name,
    uuid: definition.uuid ?? randomBytes(16).toString('hex'),
    capped: decodeOrdered(definition.options).get('capped') === true,
    options: definition.options.toString('base64'),
    indexes: definition.indexes.map((raw) => raw.toString('base64')),
    documents: layer.documents,
    documentsExact: true,
    bytes: layer.bytes,
    layers: layer.documents === 0 ? [] : [layer],
  };
}

function definitionOf({ db, collection, metadata }: ArchivedCollection): DumpedDefinition {
  try {
    return readMetadata(metadata);
  } catch (error) {
    throw invalidArchive(`the metadata of ${db}.${collection} cannot be understood`, 0, error);
  }
}

/** Names that a server could not have would only fail when the backup is restored. */
function checkNames(db: string, collection: string): void {
  const bytes = Buffer.byteLength(`${db}.${collection}`);
  const good = /^[^/\\. "$\0]{1,63}$/.test(db) && collection !== '' && !/\0|^\./.test(collection) && bytes <= 255;
  if (!good) throw invalidArchive(`no server has a collection ${JSON.stringify(`${db}.${collection}`.slice(0, 300))}`, 0);
}

/** Every dump of a whole server holds it, and nobody misses it. */
function isExpected(db: string, collection: string): boolean {
  return db === 'admin' && (collection === 'system.version' || collection === 'system.keys');
}
