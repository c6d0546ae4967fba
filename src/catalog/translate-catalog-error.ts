import { LarderError } from '../core/errors.ts';

/** SQLSTATE classes that say "not now": connection trouble, no resources, an operator stopped it, a race was lost. */
const passingClasses = new Set(['08', '40', '53', '57']);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const passingMessage =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|PGlite is clos/i;

/**
 * A LarderError for whatever a use of the catalog threw: itself where it is one, `catalog-unavailable` (retryable) where
 * the database could not be asked, else `internal`. The text of the foreign error goes into `cause` only: it may quote data.
 */
export function translateCatalogError(error: unknown): LarderError {
  if (error instanceof LarderError) return error;
  const code = codeOf(error);
  const passing =
    networkCodes.has(code) ||
    passingClasses.has(code.slice(0, 2)) ||
    (error instanceof Error && passingMessage.test(error.message));
  if (passing)
    return new LarderError('catalog-unavailable', 'The catalog database cannot be reached.', { cause: error, retryable: true });
  // Text with a NUL character reached a query: no such thing can exist, so whoever asked made it up.
  if (code === '22021')
    return new LarderError('malformed-request', 'The request holds a character that is not allowed.', { cause: error });
  return new LarderError('internal', 'An unexpected error happened.', { cause: error });
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  // An AggregateError of node:net holds one error for each address tried, and the code of the first.
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
