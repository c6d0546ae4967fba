import { Double, EJSON, Int32, Long, serialize } from 'bson';
import { parseOrderedJson, type OrderedJson } from '../../lib/ordered-json.ts';

/** Options and indexes as a dump's metadata says them, in raw BSON. */
export interface DumpedDefinition {
  readonly options: Buffer;
  readonly indexes: readonly Buffer[];
  /** 32 hex digits in lower case, or null where it does not say. */
  readonly uuid: string | null;
}

/** What no server says of an index any more. */
const outdated: ReadonlySet<string> = new Set(['ns']);

/**
 * Reads the metadata of a collection: Extended JSON, canonical, in the order of its fields. Numbers without a type are taken for what
 * they look like. SyntaxError or TypeError where it is none.
 */
export function readMetadata(text: string): DumpedDefinition {
  if (text === '') return { options: bsonOf(new Map()), indexes: [], uuid: null };
  const metadata = parseOrderedJson(text);
  if (!isDocument(metadata)) throw new TypeError('the metadata is no document');
  const options = metadata.get('options') ?? new Map<string, OrderedJson>();
  const indexes = metadata.get('indexes') ?? [];
  const uuid = metadata.get('uuid');
  if (!isDocument(options) || !Array.isArray(indexes)) throw new TypeError('its options or indexes are of the wrong type');
  return {
    options: bsonOf(options),
    indexes: (indexes as readonly OrderedJson[]).map((index) => {
      if (!isDocument(index) || !isDocument(index.get('key')) || typeof index.get('name') !== 'string')
        throw new TypeError('an index has no key or no name');
      return bsonOf(new Map([...index].filter(([name]) => !outdated.has(name))));
    }),
    uuid: typeof uuid === 'string' && /^[0-9a-f]{32}$/i.test(uuid) ? uuid.toLowerCase() : null,
  };
}

function bsonOf(document: ReadonlyMap<string, OrderedJson>): Buffer {
  return Buffer.from(
    serialize(new Map([...document].map(([name, value]) => [name, valueOf(value)])), { ignoreUndefined: false }),
  );
}

function valueOf(value: OrderedJson): unknown {
  if (Array.isArray(value)) return (value as readonly OrderedJson[]).map(valueOf);
  if (isDocument(value))
    return isTyped(value) ? typedValue(value) : new Map([...value].map(([name, inner]) => [name, valueOf(inner)]));
  if (typeof value !== 'number') return value;
  if (!Number.isInteger(value) || Object.is(value, -0)) return new Double(value);
  return Math.abs(value) < 2 ** 31 ? new Int32(value) : Number.isSafeInteger(value) ? Long.fromNumber(value) : new Double(value);
}

const typeNames: ReadonlySet<string> = new Set([
  '$numberInt',
  '$numberLong',
  '$numberDouble',
  '$numberDecimal',
  '$oid',
  '$date',
  '$binary',
  '$uuid',
  '$timestamp',
  '$regularExpression',
  '$symbol',
  '$code',
  '$dbPointer',
  '$undefined',
  '$minKey',
  '$maxKey',
]);

/** A value with its type, and not an expression of a validator or a pipeline that begins with a dollar as well. */
function isTyped(value: ReadonlyMap<string, OrderedJson>): boolean {
  const [first, second] = value.keys();
  if (first === undefined || !typeNames.has(first)) return false;
  return second === undefined || (first === '$code' && second === '$scope' && value.size === 2);
}

/** The library takes anything for a number. */
const numberTexts: ReadonlyMap<string, RegExp> = new Map([
  ['$numberInt', /^-?\d{1,10}$/],
  ['$numberLong', /^-?\d{1,19}$/],
  ['$numberDouble', /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?Infinity|NaN)$/],
]);

function typedValue(value: ReadonlyMap<string, OrderedJson>): unknown {
  const [[type, text] = ['', null]] = value;
  const pattern = numberTexts.get(type);
  if (pattern !== undefined && !(typeof text === 'string' && pattern.test(text))) throw new TypeError(`${type} holds no number`);
  return (EJSON.parse(`{"v":${jsonOf(value)}}`, { relaxed: false }) as { readonly v: unknown }).v;
}

function jsonOf(value: OrderedJson): string {
  if (Array.isArray(value)) return `[${(value as readonly OrderedJson[]).map(jsonOf).join(',')}]`;
  if (!isDocument(value)) return JSON.stringify(value);
  return `{${[...value].map(([name, inner]) => `${JSON.stringify(name)}:${jsonOf(inner)}`).join(',')}}`;
}

function isDocument(value: OrderedJson | undefined): value is ReadonlyMap<string, OrderedJson> {
  return value instanceof Map;
}
