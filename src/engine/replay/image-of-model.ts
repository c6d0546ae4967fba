import type { ClusterTime, CollectionImage, Manifest, ViewImage } from '../../core/image.ts';
import { findElement } from '../../lib/raw-bson.ts';
import { isCaptured } from '../../mongo/collection-catalog.ts';
import { documentOf, fieldsOf, rawInt, withField, withoutFields } from '../../mongo/edit-document.ts';
import type { RawField } from '../../mongo/edit-document.ts';
import type { DefinitionsModel, ModelCollection, ModelView } from './definitions-model.ts';
import { stringField } from './definitions-model.ts';

/** What a collection of buckets has and the time-series collection in front of it does not show. */
const bucketsOnly = new Set(['validator', 'validationLevel', 'validationAction', 'clusteredIndex']);

/** The image of `time` as the model knows it, with the layers of the base that it grew from. */
export function imageOf(model: DefinitionsModel, base: Manifest, time: ClusterTime): Manifest {
  const collections = [...model.collections.values()].filter(({ db, name, temporary }) => !temporary && isCaptured(db, name));
  const byName = new Map(collections.map((collection) => [`${collection.db}.${collection.name}`, collection]));
  const views = [...model.views.values()].flatMap((view) => viewImage(view, byName, base) ?? []);
  return { ...base, clusterTime: time, collections: collections.map(collectionImage), views };
}

function collectionImage(collection: ModelCollection): CollectionImage {
  const { base, db, name, uuid, options, indexes, delta, bytes } = collection;
  const capped = findElement(options, 0, 'capped');
  const isCapped = capped !== null && options[capped.value] === 1;
  return {
    db,
    name,
    uuid,
    capped: isCapped,
    options: options.toString('base64'),
    indexes: [...indexes.values()].map((index) => index.toString('base64')),
    // What a capped one holds goes by its size: nobody can add it up.
    documents: (base?.documents ?? 0) + (isCapped ? 0 : delta),
    documentsExact: !isCapped && (base?.documentsExact ?? true),
    bytes: (base?.bytes ?? 0) + bytes,
    layers: base?.layers ?? [],
  };
}

function viewImage(view: ModelView, byName: ReadonlyMap<string, ModelCollection>, base: Manifest): ViewImage | null {
  const { db, name, options } = view;
  if (options !== null) return { db, name, type: 'view', options: options.toString('base64'), indexes: [] };
  const buckets = byName.get(`${db}.system.buckets.${name}`);
  if (buckets === undefined) return null;
  const known = buckets.base === null ? undefined : base.views.find((other) => other.db === db && other.name === name);
  const isKnown = known !== undefined && !buckets.optionsChanged && !buckets.indexesChanged;
  if (isKnown) return known;
  const shown = withoutFields(buckets.options, bucketsOnly);
  const timeseries = findElement(shown, 0, 'timeseries')!;
  const series = shown.subarray(timeseries.value, timeseries.end);
  return {
    db,
    name,
    type: 'timeseries',
    options: shown.toString('base64'),
    indexes: [...buckets.indexes.values()].map((index) => shownIndex(index, series).toString('base64')),
  };
}

/**
 * An index on buckets as it is listed of the time-series collection: its own words where the server kept them, else its key
 * translated back (pitfalls E18).
 */
function shownIndex(index: Buffer, series: Buffer): Buffer {
  const original = findElement(index, 0, 'originalSpec');
  if (original !== null) return Buffer.from(index.subarray(original.value, original.end));
  const key = findElement(index, 0, 'key')!;
  const meta = stringField(series, 'metaField');
  const fields: RawField[] = [];
  for (const field of fieldsOf(index.subarray(key.value, key.end))) {
    const { name } = field;
    const bound = /^control\.(min|max)\.(.*)$/s.exec(name);
    if (name === 'meta') fields.push({ ...field, name: meta });
    else if (name.startsWith('meta.')) fields.push({ ...field, name: `${meta}.${name.slice('meta.'.length)}` });
    else if (bound === null) fields.push(field);
    // Both bounds stand there, in the order that the direction asks for; the first tells it.
    else if (!fields.some((other) => other.name === bound[2]!))
      fields.push({ name: bound[2]!, ...rawInt(bound[1] === 'min' ? 1 : -1) });
  }
  return withField(index, 'key', { type: 0x03, bytes: documentOf(fields) });
}
