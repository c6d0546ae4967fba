import { LarderError } from '../../core/errors.ts';

export interface KeystoneRequest {
  readonly method: string;
  /** Behind the address of the outer Keystone, with its query: `/auth/tokens?nocatalog`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface KeystoneAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Asks the outer Keystone. `identity-unavailable` where it does not answer in time, or with a failure of its own; never redirected. */
export type AskKeystone = (request: KeystoneRequest) => Promise<KeystoneAnswer>;

const defaultTimeoutMs = 10_000;
/** A service catalog of a large cloud is some hundred kilobytes. */
const largestAnswer = 4 * 1024 * 1024;

/** `url` ends in the version, without a slash: `https://keystone.example:5000/v3`. */
export function keystoneClient(url: string, timeoutMs = defaultTimeoutMs): AskKeystone {
  return async ({ method, path, headers = {}, body }) => {
    try {
      const answer = await fetch(url + path, {
        method,
        headers: { Accept: 'application/json', ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      });
      const text = await readAtMost(answer, largestAnswer);
      if (answer.status >= 500 || (answer.status >= 300 && answer.status < 400)) {
        throw unavailable(`It answered ${answer.status}.`);
      }
      return { status: answer.status, headers: answer.headers, body: text };
    } catch (error) {
      if (error instanceof LarderError) throw error;
      throw unavailable('It does not answer.', error);
    }
  };
}

/** Never says where it is: whoever is refused need not know. */
export function unavailable(why: string, cause?: unknown): LarderError {
  return new LarderError('identity-unavailable', `The identity service is not available. ${why}`, { cause, retryable: true });
}

async function readAtMost(answer: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw unavailable('Its answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
