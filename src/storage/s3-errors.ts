import { isLarderError, LarderError } from '../core/errors.ts';
import { objectNotFound, storeCancelled } from './store-errors.ts';

interface Facts {
  readonly name: string;
  readonly status: number;
  readonly system: string;
}

function factsOf(error: unknown): Facts {
  if (!(error instanceof Error)) return { name: '', status: 0, system: '' };
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    typeof metadata.httpStatusCode === 'number'
      ? metadata.httpStatusCode
      : 0;
  return { name: error.name, status, system: 'code' in error && typeof error.code === 'string' ? error.code : '' };
}

/** Errors that pass without anyone doing anything, whatever status they come with. */
const passing = new Set([
  'SlowDown',
  'RequestTimeout',
  'TimeoutError',
  'InternalError',
  'ServiceUnavailable',
  'ThrottlingException',
  'BadDigest',
  'OperationAborted',
]);
const passingSystem = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ECONNABORTED',
]);

/** Plain words for what people can do something about. */
function words(facts: Facts): string {
  if (facts.name === 'NoSuchBucket') return 'the bucket does not exist';
  if (facts.name === 'CredentialsProviderError')
    return 'there are no credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another source of the standard chain)';
  if (facts.name === 'InvalidAccessKeyId' || facts.name === 'SignatureDoesNotMatch')
    return `the credentials are refused (${facts.name})`;
  if (facts.status === 403) return `access denied (${facts.name})`;
  if (facts.status > 0) return `the store answers ${facts.status} (${facts.name})`;
  return `the store cannot be reached (${facts.system || facts.name || 'unknown error'})`;
}

/** Translates an error of the S3 client met while working on `key`. A LarderError passes as it is. */
export function translateS3Error(error: unknown, location: string, key: string, signal?: AbortSignal): LarderError {
  if (isLarderError(error)) return error;
  if (signal?.aborted) return storeCancelled(error);
  const facts = factsOf(error);
  if (facts.name === 'NoSuchKey' || facts.name === 'NotFound') return objectNotFound(location, key, error);
  const retryable =
    passing.has(facts.name) ||
    passingSystem.has(facts.system) ||
    facts.status >= 500 ||
    facts.status === 429 ||
    facts.status === 408;
  return new LarderError('store-unavailable', `${location}: ${words(facts)}`, {
    cause: error,
    retryable,
    details: { object: key, status: facts.status },
  });
}

/** True if the object is there but ends before the range begins. */
export function isRangeRefusal(error: unknown): boolean {
  const facts = factsOf(error);
  return facts.status === 416 || facts.name === 'InvalidRange';
}
