import { documentLength, findElement, skipValue } from '../lib/raw-bson.ts';
import type { ClusterTime } from '../core/image.ts';
import { compareClusterTime } from '../core/image.ts';
import { readClusterTime } from './cluster-time.ts';

/** Where a field of an oplog entry lies. */
export interface Field {
  readonly type: number;
  readonly value: number;
  readonly end: number;
}
export type Fields = Map<string, Field>;

/**
 * `multiOpType: 1`: retryable writes in one entry, each on its own; their chain of previous entries is no transaction (pitfalls E5).
 * Of every other kind the server follows the chain.
 */
export function isRetryableGroup(buffer: Buffer, fields: Fields): boolean {
  const field = fields.get('multiOpType');
  return field !== undefined && field.type === 0x10 && buffer.readInt32LE(field.value) === 1;
}

/** True of an `applyOps` that is a transaction, or the last part of one. */
export function isTransaction(buffer: Buffer, fields: Fields): boolean {
  return fields.has('lsid') && fields.has('txnNumber') && !isRetryableGroup(buffer, fields);
}

/** Where an entry stands in the oplog; zero and -1 where it does not say. */
export function placeOf(buffer: Buffer, fields: Fields): { readonly time: ClusterTime; readonly term: number } {
  const ts = fields.get('ts');
  const t = fields.get('t');
  return {
    time: ts === undefined ? { t: 0, i: 0 } : readClusterTime(buffer, ts.value),
    term: t === undefined ? -1 : Number(buffer.readBigInt64LE(t.value)),
  };
}

/** The entry of the same transaction before this one, or null. */
export function previousOf(buffer: Buffer, fields: Fields): ClusterTime | null {
  const field = fields.get('prevOpTime');
  if (field === undefined || field.type !== 0x03) return null;
  const ts = findElement(buffer, field.value, 'ts');
  if (ts === null) return null;
  const time = readClusterTime(buffer, ts.value);
  return compareClusterTime(time, { t: 0, i: 0 }) === 0 ? null : time;
}

/** Offsets of the top-level fields of the document at `start`, by name; the first of a name wins. */
export function fieldOffsets(buffer: Buffer, start: number): Fields {
  const fields: Fields = new Map();
  const end = start + documentLength(buffer, start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = buffer[at]!;
    let nameEnd = at + 1;
    while (buffer[nameEnd] !== 0) nameEnd++;
    const value = nameEnd + 1;
    const next = skipValue(buffer, type, value);
    const name = buffer.toString('latin1', at + 1, nameEnd);
    if (!fields.has(name)) fields.set(name, { type, value, end: next });
    at = next;
  }
  return fields;
}

/** The field's string; empty where it is missing or none. */
export function textOf(buffer: Buffer, field: Field | undefined): string {
  return field === undefined || field.type !== 0x02 ? '' : buffer.toString('utf8', field.value + 4, field.end - 1);
}

/** A UUID is a binary of 16 bytes: length word, subtype, bytes. */
export function uuidAt(buffer: Buffer, field: Field): string {
  return buffer.toString('hex', field.value + 5, field.value + 21);
}

/** True if the document at `body` has the boolean `name`, and it is true. */
export function hasFlag(buffer: Buffer, body: number, name: string): boolean {
  const element = findElement(buffer, body, name);
  return element !== null && element.type === 0x08 && buffer[element.value] === 1;
}
