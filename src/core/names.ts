import { LarderError, type ErrorCode } from './errors.ts';

/** Backup and instance names: a letter, then letters, digits, `-` and `_`; 4 to 64 characters; case is kept and counts. */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{3,63}$/;

/** Characters a description must not hold, and the ones no catalog can store faithfully (NUL, half a surrogate pair). */
const forbiddenInDescription = /[>!<"&'=\r\0]/;

const descriptionLimit = 256;

const nameRule = 'must have 4 to 64 characters, start with a letter and hold only letters, digits, "-" and "_"';

function checkName(name: unknown, what: string, code: ErrorCode): string {
  if (typeof name !== 'string' || !namePattern.test(name)) throw new LarderError(code, `The ${what} ${nameRule}.`);
  return name;
}

/** Returns the name, or throws `invalid-backup-name`. */
export function checkBackupName(name: unknown): string {
  return checkName(name, 'backup name', 'invalid-backup-name');
}

/** Returns the name, or throws `invalid-instance-name`. */
export function checkInstanceName(name: unknown): string {
  return checkName(name, 'instance name', 'invalid-instance-name');
}

/** Returns the description, or throws `invalid-backup-description`. Characters are code points, so an emoji counts once. */
export function checkBackupDescription(description: unknown): string {
  if (typeof description !== 'string' || !description.isWellFormed() || forbiddenInDescription.test(description)) {
    throw new LarderError(
      'invalid-backup-description',
      `The description must be text without any of > ! < " & ' = and carriage return.`,
    );
  }
  // The cheap test first: a long text must not be split into characters just to be refused.
  if (description.length > descriptionLimit * 2 || [...description].length > descriptionLimit) {
    throw new LarderError('invalid-backup-description', `The description must have at most ${descriptionLimit} characters.`);
  }
  return description;
}
