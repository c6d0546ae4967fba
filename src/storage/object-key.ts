import { LarderError } from '../core/errors.ts';

/** Why a key is refused; one name for each reason. */
export type KeyRefusal =
  | 'empty-key'
  | 'key-too-long'
  | 'empty-segment'
  | 'dot-segment'
  | 'segment-too-long'
  | 'forbidden-character';

const maxKeyLength = 800;
const maxSegmentLength = 200;
const allowed = /^[A-Za-z0-9._-]+$/;

/** The reason why `key` is no key of a store, or null if it is one. */
export function keyRefusal(key: string): KeyRefusal | null {
  if (key === '') return 'empty-key';
  if (key.length > maxKeyLength) return 'key-too-long';
  for (const segment of key.split('/')) {
    if (segment === '') return 'empty-segment';
    if (segment === '.' || segment === '..') return 'dot-segment';
    if (segment.length > maxSegmentLength) return 'segment-too-long';
    if (!allowed.test(segment)) return 'forbidden-character';
  }
  return null;
}

/** Returns where `key` is one; else throws `internal` with the reason in `details.reason`. The key itself is not echoed. */
export function checkObjectKey(key: string): void {
  const reason = keyRefusal(key);
  if (reason !== null) throw new LarderError('internal', `the object key is refused: ${reason}`, { details: { reason } });
}

/** As `checkObjectKey` for a list prefix: empty, or the beginning of a key; it may end anywhere, also with `/`. */
export function checkObjectPrefix(prefix: string): void {
  if (prefix === '') return;
  checkObjectKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}
