import { deserialize } from 'bson';
import { documentLength, skipValue } from '../lib/raw-bson.ts';

/** A document as a Map: unlike an object it keeps the order of fields that look like numbers. */
export type OrderedDocument = Map<string, unknown>;

/**
 * Decodes raw BSON for being sent again inside a command, where raw bytes cannot go: documents become Maps, scalars keep
 * their BSON type. What even this cannot carry (duplicate names, NaN payloads, invalid UTF-8) is found by `survives`.
 */
export function decodeOrdered(raw: Buffer, start = 0): OrderedDocument {
  const fields: OrderedDocument = new Map();
  for (const { name, type, value, end } of elements(raw, start)) fields.set(name, decodeValue(raw, type, value, end));
  return fields;
}

/** The one value of the element whose bytes are `type`, then `value` to `end`. */
export function decodeValue(raw: Buffer, type: number, value: number, end: number): unknown {
  if (type === 0x03) return decodeOrdered(raw, value);
  if (type === 0x04) return [...elements(raw, value)].map((item) => decodeValue(raw, item.type, item.value, item.end));
  return decodeScalar(type, raw.subarray(value, end));
}

/** Puts a scalar into a document of its own with an empty name, which the library then decodes. */
function decodeScalar(type: number, bytes: Buffer): unknown {
  const document = Buffer.alloc(4 + 2 + bytes.length + 1);
  document.writeInt32LE(document.length, 0);
  document[4] = type;
  bytes.copy(document, 6);
  return deserialize(document, { promoteValues: false, promoteBuffers: false, bsonRegExp: true, validation: { utf8: false } })[
    ''
  ];
}

interface NamedElement {
  readonly name: string;
  readonly type: number;
  /** Offset of the type byte. */
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/** The elements of the document (or array) at `start`, in order. */
export function* elements(raw: Buffer, start = 0): Generator<NamedElement, void, undefined> {
  const end = start + documentLength(raw, start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = raw[at]!;
    const nameEnd = raw.indexOf(0, at + 1);
    const value = nameEnd + 1;
    const next = skipValue(raw, type, value);
    yield { name: raw.toString('utf8', at + 1, nameEnd), type, start: at, value, end: next };
    at = next;
  }
}
