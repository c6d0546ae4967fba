import { elements } from './ordered-document.ts';

/** A value as it lies in BSON: type byte and bytes. */
export interface RawValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export type RawField = RawValue & { readonly name: string };

export const rawTrue: RawValue = { type: 0x08, bytes: Uint8Array.of(1) };

export function rawDocument(document: Uint8Array): RawValue {
  return { type: 0x03, bytes: document };
}

export function rawInt(value: number): RawValue {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return { type: 0x10, bytes };
}

export function rawLong(value: bigint): RawValue {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return { type: 0x12, bytes };
}

export function rawString(text: string): RawValue {
  const bytes = Buffer.alloc(4 + Buffer.byteLength(text) + 1);
  bytes.writeInt32LE(bytes.length - 4);
  bytes.write(text, 4);
  return { type: 0x02, bytes };
}

/** The document's fields in order. Their bytes lie in `raw`. */
export function fieldsOf(raw: Buffer, start = 0): RawField[] {
  return [...elements(raw, start)].map(({ name, type, value, end }) => ({ name, type, bytes: raw.subarray(value, end) }));
}

/** A document of these fields; names and values are taken as they are. */
export function documentOf(fields: readonly RawField[]): Buffer {
  let length = 5;
  for (const { name, bytes } of fields) length += 2 + Buffer.byteLength(name) + bytes.length;
  const document = Buffer.alloc(length);
  document.writeInt32LE(length, 0);
  let at = 4;
  for (const { name, type, bytes } of fields) {
    document[at] = type;
    at += 1 + document.write(name, at + 1) + 1;
    document.set(bytes, at);
    at += bytes.length;
  }
  return document;
}

/** The document without these fields. */
export function withoutFields(raw: Buffer, names: ReadonlySet<string>): Buffer {
  return documentOf(fieldsOf(raw).filter(({ name }) => !names.has(name)));
}

/** The document with the field set where it stands, or at the end where it had none. */
export function withField(raw: Buffer, name: string, value: RawValue): Buffer {
  const fields = fieldsOf(raw);
  const at = fields.findIndex((field) => field.name === name);
  if (at === -1) fields.push({ name, ...value });
  else fields[at] = { name, ...value };
  return documentOf(fields);
}
