import { LarderError } from '../../core/errors.ts';
import { findElement } from '../../lib/raw-bson.ts';
import {
  documentOf,
  fieldsOf,
  rawInt,
  rawLong,
  rawString,
  rawTrue,
  withField,
  withoutFields,
} from '../../mongo/edit-document.ts';
import type { RawField } from '../../mongo/edit-document.ts';
import { decodeValue } from '../../mongo/ordered-document.ts';
import type { OplogCommand } from '../../mongo/replay-entry.ts';
import type { ModelCollection } from './definitions-model.ts';

type Definition = Pick<ModelCollection, 'options' | 'indexes' | 'indexesChanged' | 'optionsChanged'>;

/** What a `collMod` may say that changes no definition. */
const silent = new Set([
  'collMod',
  'usePowerOf2Sizes',
  'noPadding',
  'comment',
  'forceNonUnique',
  'dryRun',
  'isTimeseriesNamespace',
]);
const booleans = new Set(['recordPreImages', 'timeseriesBucketsMayHaveMixedSchemaData']);
/** What else it may change of a collection, and of an index. */
const knownOptions = new Set([
  ...['index', 'validator', 'validationLevel', 'validationAction', 'expireAfterSeconds', 'changeStreamPreAndPostImages'],
  'timeseries',
]);
const knownIndexFields = new Set(['name', 'keyPattern', 'hidden', 'prepareUnique', 'unique', 'expireAfterSeconds']);
/** What a collection loses by its size depends on when that changed. */
const sizes = new Set(['cappedSize', 'cappedMax']);
/** Seconds a bucket spans at most, by granularity. */
const spans: Readonly<Record<string, number>> = { seconds: 3600, minutes: 86_400, hours: 2_592_000 };

/** Changes options or indexes as the entry says (pitfalls E11, E12). `not-replayable` for what is not known. */
export function changeCollection(collection: Definition, command: OplogCommand): void {
  const { name, body } = command;
  switch (name) {
    case 'collMod':
      return modify(collection, command);
    case 'createIndexes': {
      const spec = documentOf(fieldsOf(body).slice(1));
      collection.indexes.set(indexName(spec), spec);
      collection.indexesChanged = true;
      return;
    }
    case 'commitIndexBuild':
      for (const { bytes } of fieldsOf(arrayOf(command, 'indexes'))) {
        const spec = Buffer.from(bytes);
        collection.indexes.set(indexName(spec), spec);
      }
      collection.indexesChanged = true;
      return;
    case 'dropIndexes':
    case 'deleteIndexes':
      dropIndexes(collection, command);
      collection.indexesChanged = true;
      return;
    // What was begun and not committed is not there.
    case 'startIndexBuild':
    case 'abortIndexBuild':
      return;
    default:
      throw unknownForm(command, 'it is not known');
  }
}

/**
 * `not-replayable` for a change of which it can be told without the collection that it is not known: what the archive of an oplog asks
 * of each entry (pitfalls E20).
 */
export function refuseUnknownChange(command: OplogCommand): void {
  if (command.name !== 'collMod') return;
  for (const { name, bytes } of fieldsOf(command.body)) {
    if (sizes.has(name))
      throw unknownForm(command, 'the size of a capped collection changed; restore to a point before it, or from a later backup');
    if (!silent.has(name) && !booleans.has(name) && !knownOptions.has(name))
      throw unknownForm(command, `nobody knows what its ${name} does`);
    if (name !== 'index') continue;
    const unknown = fieldsOf(Buffer.from(bytes)).find((field) => !knownIndexFields.has(field.name));
    if (unknown !== undefined) throw unknownForm(command, `nobody knows what its ${unknown.name} does`);
  }
}

export function unknownForm({ name, db }: OplogCommand, how: string): LarderError {
  return new LarderError('not-replayable', `An entry of the oplog, ${name} in ${db}, cannot be replayed: ${how}.`);
}

/** The name in a raw index specification. */
export function indexName(index: Buffer): string {
  const name = findElement(index, 0, 'name');
  return name === null ? '' : index.toString('utf8', name.value + 4, name.end - 1);
}

function arrayOf(command: OplogCommand, name: string): Buffer {
  const field = findElement(command.body, 0, name);
  if (field?.type !== 0x04) throw unknownForm(command, `it has no ${name}`);
  return command.body.subarray(field.value, field.end);
}

function dropIndexes({ indexes }: Definition, command: OplogCommand): void {
  const field = findElement(command.body, 0, 'index');
  const index = field === null ? null : decodeValue(command.body, field.type, field.value, field.end);
  if (index === '*') {
    for (const [name, spec] of indexes) if (name !== '_id_' && findElement(spec, 0, 'clustered') === null) indexes.delete(name);
  } else if (typeof index === 'string') indexes.delete(index);
  else if (Array.isArray(index)) for (const name of index) indexes.delete(String(name));
  else if (field?.type === 0x03) {
    const key = command.body.subarray(field.value, field.end);
    for (const [name, spec] of indexes) if (keyOf(spec)?.equals(key) === true) indexes.delete(name);
  } else throw unknownForm(command, 'it does not say which index');
}

function keyOf(spec: Buffer): Buffer | null {
  const key = findElement(spec, 0, 'key');
  return key === null ? null : spec.subarray(key.value, key.end);
}

function modify(collection: Definition, command: OplogCommand): void {
  refuseUnknownChange(command);
  for (const field of fieldsOf(command.body)) {
    if (silent.has(field.name)) continue;
    if (field.name === 'index') {
      modifyIndex(collection, field, command);
      collection.indexesChanged = true;
    } else {
      collection.options = modifyOption(collection.options, field);
      collection.optionsChanged = true;
    }
  }
}

function modifyOption(options: Buffer, field: RawField): Buffer {
  const { name, type } = field;
  const value = (): unknown => decodeValue(Buffer.from(field.bytes), type, 0, field.bytes.length);
  switch (name) {
    case 'validator': {
      if (fieldsOf(Buffer.from(field.bytes)).length === 0) return withoutFields(options, new Set(['validator']));
      let changed = withField(options, 'validator', field);
      if (findElement(changed, 0, 'validationLevel') === null)
        changed = withField(changed, 'validationLevel', rawString('strict'));
      if (findElement(changed, 0, 'validationAction') === null)
        changed = withField(changed, 'validationAction', rawString('error'));
      return changed;
    }
    case 'expireAfterSeconds':
      if (value() === 'off') return withoutFields(options, new Set([name]));
      return withField(options, name, rawLong(BigInt(Number(value()))));
    case 'changeStreamPreAndPostImages':
      if (findElement(Buffer.from(field.bytes), 0, 'enabled') !== null && field.bytes.at(-2) === 1)
        return withField(options, name, field);
      return withoutFields(options, new Set([name]));
    case 'timeseries':
      return withField(options, name, { type: 0x03, bytes: modifiedSeries(options, Buffer.from(field.bytes)) });
    default:
      return withField(options, name, field);
  }
}

function modifiedSeries(options: Buffer, change: Buffer): Buffer {
  const known = findElement(options, 0, 'timeseries');
  let series = known === null ? documentOf([]) : Buffer.from(options.subarray(known.value, known.end));
  for (const field of fieldsOf(change)) {
    series = withField(series, field.name, field);
    if (field.name !== 'granularity') continue;
    const span = spans[Buffer.from(field.bytes).toString('utf8', 4, field.bytes.length - 1)];
    if (span !== undefined) series = withField(series, 'bucketMaxSpanSeconds', rawInt(span));
  }
  return series;
}

function modifyIndex({ indexes }: Definition, { bytes }: RawField, command: OplogCommand): void {
  const change = Buffer.from(bytes);
  const pattern = findElement(change, 0, 'keyPattern');
  const named = indexName(change);
  const name =
    named !== '' || pattern === null
      ? named
      : [...indexes].find(([, spec]) => keyOf(spec)?.equals(change.subarray(pattern.value, pattern.end)) === true)?.[0];
  let spec = name === undefined ? undefined : indexes.get(name);
  if (name === undefined || spec === undefined) throw unknownForm(command, 'the index is not known');
  for (const field of fieldsOf(change)) {
    const isOn = field.type === 0x08 && field.bytes[0] === 1;
    if (field.name === 'hidden' || field.name === 'prepareUnique')
      spec = isOn ? withField(spec, field.name, rawTrue) : withoutFields(spec, new Set([field.name]));
    else if (field.name === 'unique') spec = withoutFields(withField(spec, 'unique', rawTrue), new Set(['prepareUnique']));
    else if (field.name === 'expireAfterSeconds') {
      const seconds = Number(decodeValue(Buffer.from(field.bytes), field.type, 0, field.bytes.length));
      // As a server lists it.
      const fits = seconds === (seconds | 0);
      spec = withField(spec, field.name, fits ? rawInt(seconds) : rawLong(BigInt(seconds)));
    }
  }
  indexes.set(name, spec);
}
