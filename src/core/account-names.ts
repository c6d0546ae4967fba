import { LarderError } from './errors.ts';

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N}_.@ -]{0,62}[\p{L}\p{N}_]$|^[\p{L}\p{N}]$/u;
const longestDescription = 255;
const shortestPassword = 8;
const longestPassword = 128;

/** The name of a user, a project or a role, or `invalid-name`. */
export function checkAccountName(name: unknown): string {
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new LarderError(
      'invalid-name',
      'A name must have 1 to 64 characters: letters, digits and, not at its ends, "_", "-", ".", "@" and blanks.',
    );
  }
  return name;
}

/** The description of one, or `invalid-name`. */
export function checkAccountDescription(description: unknown): string {
  if (typeof description !== 'string' || description.length > longestDescription || /[\p{Cc}\p{Cs}]/u.test(description)) {
    throw new LarderError('invalid-name', `A description must be one line of at most ${longestDescription} characters.`);
  }
  return description;
}

/** A password somebody chose, or `invalid-password`; the message does not show it. */
export function checkNewPassword(password: unknown): string {
  const length = typeof password === 'string' ? [...password].length : 0;
  if (typeof password !== 'string' || length < shortestPassword || length > longestPassword || /[\p{Cc}\p{Cs}]/u.test(password)) {
    throw new LarderError(
      'invalid-password',
      `A password must have ${shortestPassword} to ${longestPassword} characters, none of them a control character.`,
    );
  }
  return password;
}
