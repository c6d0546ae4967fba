import { serialize } from 'bson';
import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, LayerRef, Manifest, ViewImage } from '../../core/image.ts';
import { toExtendedJson } from '../../lib/extended-json.ts';
import type { ArchivedCollection } from './archive-format.ts';

/** Where the documents of an archived collection come from. */
export type DocumentSource =
  | { readonly kind: 'image'; readonly layers: readonly LayerRef[] }
  | { readonly kind: 'given'; readonly documents: readonly Buffer[] };

export interface ArchiveItem {
  readonly listed: ArchivedCollection;
  /** Name under which its documents come. */
  readonly dataName: string;
  readonly source: DocumentSource;
}

const bucketsPrefix = 'system.buckets.';
const nothing: DocumentSource = { kind: 'given', documents: [] };

/** The version of the form in which all servers since 3.0 keep users; mongorestore takes users only from an archive that says it. */
const authSchema = 5;

/**
 * What an archive of the backup, or of the named part of it (`db.collection`), holds, in order. Users and roles come with the whole
 * only. `invalid-selection` for a name that the backup does not hold.
 */
export function archiveContents(manifest: Manifest, namespaces: readonly string[]): readonly ArchiveItem[] {
  const series = new Map(manifest.views.filter(({ type }) => type === 'timeseries').map((view) => [fullName(view), view]));
  const data = manifest.collections.map((image): ArchiveItem => {
    const definition = image.name.startsWith(bucketsPrefix)
      ? series.get(`${image.db}.${image.name.slice(bucketsPrefix.length)}`)
      : undefined;
    const source = { kind: 'image', layers: image.layers } as const;
    if (definition === undefined) return { listed: listedCollection(image), dataName: image.name, source };
    return { listed: listedDefinition(definition), dataName: image.name, source };
  });
  const views = manifest.views
    .filter(({ type }) => type === 'view')
    // A reader makes a view when its block comes, so that there must be one although it is empty.
    .map((view): ArchiveItem => ({ listed: listedDefinition(view), dataName: view.name, source: nothing }));
  const everything = [...data, ...views];
  if (namespaces.length > 0) return selected(everything, namespaces);
  const hasUsers = data.some(({ listed }) => listed.db === 'admin' && listed.collection.startsWith('system.'));
  return hasUsers ? [versions(manifest), ...everything] : everything;
}

function selected(everything: readonly ArchiveItem[], namespaces: readonly string[]): readonly ArchiveItem[] {
  const known = new Map(everything.map((item) => [`${item.listed.db}.${item.listed.collection}`, item]));
  return [...new Set(namespaces)].map((name) => {
    const item = known.get(name);
    if (item === undefined) throw new LarderError('invalid-selection', `The backup holds no collection ${name}.`);
    return item;
  });
}

/** `admin.system.version`, as far as mongorestore asks for it. */
function versions({ source }: Manifest): ArchiveItem {
  const collection = 'system.version';
  const documents = [
    { _id: 'featureCompatibilityVersion', version: source.featureCompatibilityVersion },
    { _id: 'authSchema', currentVersion: authSchema },
  ].map((document) => Buffer.from(serialize(document)));
  const metadata = JSON.stringify({ indexes: [], collectionName: collection, type: 'collection' });
  return {
    listed: { db: 'admin', collection, metadata, type: 'collection' },
    dataName: collection,
    source: { kind: 'given', documents },
  };
}

function listedCollection(image: CollectionImage): ArchivedCollection {
  const { db, name: collection, uuid } = image;
  return { db, collection, metadata: metadataOf(image, `"uuid":${JSON.stringify(uuid)},`, 'collection'), type: 'collection' };
}

function listedDefinition(view: ViewImage): ArchivedCollection {
  return { db: view.db, collection: view.name, metadata: metadataOf(view, '', view.type), type: view.type };
}

function metadataOf(image: Pick<CollectionImage, 'name' | 'options' | 'indexes'>, uuid: string, type: string): string {
  const indexes = image.indexes.map((index) => toExtendedJson(Buffer.from(index, 'base64')));
  const options = toExtendedJson(Buffer.from(image.options, 'base64'));
  return `{"options":${options},"indexes":[${indexes.join(',')}],${uuid}"collectionName":${JSON.stringify(image.name)},"type":"${type}"}`;
}

function fullName({ db, name }: Pick<ViewImage, 'db' | 'name'>): string {
  return `${db}.${name}`;
}
