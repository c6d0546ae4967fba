import { EJSON, serialize } from 'bson';
import { LarderError } from '../../core/errors.ts';
import { idKeyOf, type IdKey } from '../../mongo/raw-id.ts';

/** Tells whether an `_id` is the one that was asked for. As for a server's index, 1, 1.0 and NumberLong(1) are the same. */
export type IdMatcher = (id: IdKey) => boolean;

/** For an `_id` in Extended JSON. `malformed-request` for a text that is none. */
export function idMatcher(json: string): IdMatcher {
  const wanted = keyOf(json);
  const number = numberOf(wanted);
  return number === null ? (id) => id === wanted : (id) => id === wanted || numberOf(id) === number;
}

function keyOf(json: string): IdKey {
  try {
    const { id } = EJSON.parse(`{"id":${json}}`, { relaxed: false }) as { readonly id: unknown };
    return idKeyOf(Buffer.from(serialize({ _id: id })), 0)!;
  } catch (error) {
    throw new LarderError('malformed-request', 'The document must be an _id in Extended JSON, like 5, "a" or {"$oid":"…"}.', {
      cause: error,
    });
  }
}

/** Whole numbers by their value, whatever type they have; null for everything else, which has one form only. */
function numberOf(id: IdKey): bigint | null {
  const bytes = Buffer.from(id, 'latin1');
  if (bytes[0] === 0x10) return BigInt(bytes.readInt32LE(1));
  if (bytes[0] === 0x12) return bytes.readBigInt64LE(1);
  if (bytes[0] !== 0x01) return null;
  const value = bytes.readDoubleLE(1);
  return Number.isInteger(value) ? BigInt(value) : null;
}
