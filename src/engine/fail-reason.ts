import type { LarderError } from '../core/errors.ts';
import { withoutCredentials } from '../jobs/thread-messages.ts';

const lengthLimit = 1000;

/** What people read as the reason of a failed job: the message and its facts, without credentials, of bounded length. */
export function failReason(error: LarderError): string {
  const facts = Object.entries(error.details).map(([name, value]) => `${name}: ${value}`);
  const text = facts.length === 0 ? error.message : `${error.message} (${facts.join(', ')})`;
  return withoutCredentials(text).replaceAll('\0', '').slice(0, lengthLimit);
}
