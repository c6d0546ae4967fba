/**
 * Reading raw BSON without decoding it. Documents are never turned into objects and back on their way from a server to a
 * block, so every type, every duplicate field and every odd byte survives.
 */

/** Documents lying in one buffer, not necessarily next to each other. `starts[n]` is the offset of document n's length word. */
export interface RawBatch {
  readonly buffer: Buffer;
  readonly starts: Uint32Array;
  readonly count: number;
}

/** Where an element's value lies: BSON type byte, offset of the type byte, offset of the value, offset just past the value. */
export interface RawElement {
  readonly type: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

const malformed = (what: string, at: number): never => {
  throw new RangeError(`malformed BSON: ${what} at byte ${at}`);
};

/** Length in bytes of the document that starts at `start`, as its own length word says. Throws RangeError if it cannot be. */
export function documentLength(buffer: Buffer, start: number): number {
  const length = buffer.readInt32LE(start);
  if (length < 5 || start + length > buffer.length) malformed(`document length ${length}`, start);
  return length;
}

/** Offset just past the value of type `type` that starts at `value`. Throws RangeError for a type that BSON does not have. */
export function skipValue(buffer: Buffer, type: number, value: number): number {
  switch (type) {
    case 0x01: // double
    case 0x09: // date
    case 0x11: // timestamp
    case 0x12: // long
      return value + 8;
    case 0x02: // string
    case 0x0d: // code
    case 0x0e: // symbol
      return value + 4 + buffer.readInt32LE(value);
    case 0x03: // document
    case 0x04: // array
    case 0x0f: // code with scope
      return value + buffer.readInt32LE(value);
    case 0x05: // binary
      return value + 5 + buffer.readInt32LE(value);
    case 0x06: // undefined
    case 0x0a: // null
    case 0xff: // min key
    case 0x7f: // max key
      return value;
    case 0x07: // object id
      return value + 12;
    case 0x08: // boolean
      return value + 1;
    case 0x0b: {
      // regular expression
      const pattern = buffer.indexOf(0, value);
      return buffer.indexOf(0, pattern + 1) + 1;
    }
    case 0x0c: // DBPointer
      return value + 4 + buffer.readInt32LE(value) + 12;
    case 0x10: // int
      return value + 4;
    case 0x13: // decimal
      return value + 16;
    default:
      return malformed(`type 0x${type.toString(16)}`, value);
  }
}

/** The element named `name` at the top level of the document at `start`, or null. ASCII names only. The first one wins. */
export function findElement(buffer: Buffer, start: number, name: string): RawElement | null {
  const end = start + documentLength(buffer, start) - 1;
  const width = name.length;
  let at = start + 4;
  while (at < end) {
    const type = buffer[at]!;
    let nameEnd = at + 1;
    let same = true;
    for (; buffer[nameEnd] !== 0; nameEnd++) {
      if (same && buffer[nameEnd] !== name.charCodeAt(nameEnd - at - 1)) same = false;
      if (nameEnd >= end) malformed('unterminated field name', at);
    }
    const value = nameEnd + 1;
    const next = skipValue(buffer, type, value);
    if (next > end || next < value) malformed('value past the end', value);
    if (same && nameEnd - at - 1 === width) return { type, start: at, value, end: next };
    at = next;
  }
  return null;
}

/** Documents of their own buffers, put one behind the other. */
export function batchOfDocuments(documents: readonly Uint8Array[]): RawBatch {
  const starts = new Uint32Array(documents.length);
  let at = 0;
  documents.forEach((document, n) => {
    starts[n] = at;
    at += document.length;
  });
  return { buffer: Buffer.concat(documents), starts, count: documents.length };
}
