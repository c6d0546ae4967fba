import { LastText } from '../lib/last-text.ts';
import { documentLength, findElement, skipValue } from '../lib/raw-bson.ts';
import type { ClusterTime, OpTime } from '../core/image.ts';
import { compareClusterTime } from '../core/image.ts';
import { readClusterTime } from './cluster-time.ts';

const fieldNames = ['op', 'ns', 'ui', 'o', 'o2', 'ts', 't', 'prevOpTime', 'lsid', 'txnNumber', 'multiOpType'] as const;
type FieldName = (typeof fieldNames)[number];

/** Where the values of those fields of an entry lie that tell what it means; 0 where one is missing. */
export type Fields = { readonly [Name in FieldName]: number };

/** Where an entry stands in the oplog; zero and -1 where it does not say. */
export function placeOf(buffer: Buffer, { ts, t }: Fields): OpTime {
  return {
    t: ts === 0 ? 0 : buffer.readUInt32LE(ts + 4),
    i: ts === 0 ? 0 : buffer.readUInt32LE(ts),
    // A long that is counted up with elections.
    term: t === 0 ? -1 : buffer.readUInt32LE(t) + buffer.readInt32LE(t + 4) * 2 ** 32,
  };
}

/**
 * `multiOpType: 1`: retryable writes in one entry, each on its own; their chain of previous entries is no transaction (pitfalls E5).
 * Of every other kind the server follows the chain.
 */
export function isRetryableGroup(buffer: Buffer, fields: Fields): boolean {
  return isOfType(buffer, fields, 'multiOpType', 0x10) && buffer.readInt32LE(fields.multiOpType) === 1;
}

/** True of an `applyOps` that is a transaction, or the last part of one. */
export function isTransaction(buffer: Buffer, fields: Fields): boolean {
  return isOfSession(fields) && !isRetryableGroup(buffer, fields);
}

/** True of a transaction, and of retryable writes. */
export function isOfSession({ lsid, txnNumber }: Fields): boolean {
  return lsid !== 0 && txnNumber !== 0;
}

/** The entry of the same transaction before this one, or null. */
export function previousOf(buffer: Buffer, fields: Fields): ClusterTime | null {
  if (!isOfType(buffer, fields, 'prevOpTime', 0x03)) return null;
  const ts = findElement(buffer, fields.prevOpTime, 'ts');
  if (ts === null) return null;
  const time = readClusterTime(buffer, ts.value);
  return compareClusterTime(time, { t: 0, i: 0 }) === 0 ? null : time;
}

/** Where the fields of the entry at `start` lie; the first of a name wins. Makes one object and no strings: there are many entries. */
export function fieldOffsets(buffer: Buffer, start: number): Fields {
  const fields = { op: 0, ns: 0, ui: 0, o: 0, o2: 0, ts: 0, t: 0, prevOpTime: 0, lsid: 0, txnNumber: 0, multiOpType: 0 };
  const end = start + documentLength(buffer, start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = buffer[at]!;
    let nameEnd = at + 1;
    while (buffer[nameEnd] !== 0) nameEnd++;
    const value = nameEnd + 1;
    const name = nameAt(buffer, at + 1, nameEnd);
    if (name !== null && fields[name] === 0) fields[name] = value;
    at = skipValue(buffer, type, value);
  }
  return fields;
}

/** By the length of the name. */
const namesOfLength: readonly (readonly FieldName[])[] = Array.from({ length: 12 }, (_, length) =>
  fieldNames.filter((name) => name.length === length),
);

function nameAt(buffer: Buffer, from: number, to: number): FieldName | null {
  for (const name of namesOfLength[to - from] ?? []) {
    let n = 0;
    while (n < name.length && buffer[from + n] === name.charCodeAt(n)) n++;
    if (n === name.length) return name;
  }
  return null;
}

/** False also where the field is missing. */
function isOfType(buffer: Buffer, fields: Fields, name: FieldName, type: number): boolean {
  // Before the value lie the type, the name and its end.
  return fields[name] !== 0 && buffer[fields[name] - name.length - 2] === type;
}

const lastText = new LastText('utf8');
const lastUuid = new LastText('hex');

/** The field's string; empty where it is missing or none. */
export function textOf(buffer: Buffer, fields: Fields, name: FieldName): string {
  if (!isOfType(buffer, fields, name, 0x02)) return '';
  const from = fields[name] + 4;
  const to = from - 1 + buffer.readInt32LE(fields[name]);
  // As the names of operations are.
  if (to - from === 1 && buffer[from]! < 0x80) return String.fromCharCode(buffer[from]!);
  return lastText.of(buffer, from, to);
}

/** A UUID is a binary of 16 bytes: length word, subtype, bytes. */
export function uuidAt(buffer: Buffer, value: number): string {
  return lastUuid.of(buffer, value + 5, value + 21);
}

/** True if the document at `body` has the boolean `name`, and it is true. */
export function hasFlag(buffer: Buffer, body: number, name: string): boolean {
  const element = findElement(buffer, body, name);
  return element !== null && element.type === 0x08 && buffer[element.value] === 1;
}
