import { createHash } from 'node:crypto';
import { LarderError } from '../../core/errors.ts';
import { isDatabaseName } from '../../core/restorable-names.ts';
import { isRestoreOwn, stagingPrefix } from '../../core/restore-names.ts';
import { parseNamespace } from '../../core/restore-selection.ts';

/** Where the collection is built until it takes its place: the same for every try of one restore, and of no other. */
export function stagingName(restoreId: string, namespace: string): string {
  return stagingPrefix + createHash('sha256').update(`${restoreId}\0${namespace}`).digest('hex').slice(0, 24);
}

const serverOwn = new Set(['admin', 'local', 'config']);

/** `invalid-selection` if a restore may not make a database of this name. */
export function checkNewDatabase(name: string): void {
  if (!isDatabaseName(name) || serverOwn.has(name))
    throw new LarderError('invalid-selection', `${JSON.stringify(name)} cannot be the new name of a database.`);
}

/** `invalid-selection` if a restore may not make a collection of this name, `db.collection`. */
export function checkNewCollection(text: string): void {
  const to = parseNamespace(text);
  if (
    to === null ||
    Buffer.byteLength(text) > 255 ||
    to.name.includes('$') ||
    to.name.includes('\0') ||
    to.name.startsWith('system.') ||
    isRestoreOwn(to.name)
  )
    throw new LarderError('invalid-selection', `${JSON.stringify(text)} cannot be the new name of a collection.`);
  checkNewDatabase(to.db);
}
