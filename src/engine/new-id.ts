import { randomBytes } from 'node:crypto';
import { idFrom, type IdKind } from '../core/ids.ts';

/** A new id of the given kind. */
export function newId(kind: IdKind): string {
  return idFrom(kind, newHexId());
}

/** A new id of 32 hex digits, as projects and users have. */
export function newHexId(): string {
  return randomBytes(16).toString('hex');
}
