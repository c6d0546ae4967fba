import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from './command-error.ts';
import { exitCodeOfAnswer, exitCodes } from './exit-codes.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the first `/`, query included, already encoded. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; null where there is none. */
  readonly json: unknown;
}

export interface HttpClientOptions {
  /** `http://host:port`, without a path. */
  readonly endpoint: string;
  readonly signal: AbortSignal;
  /** Milliseconds one try may take, from the request to the last byte of its answer. */
  readonly timeout?: number;
  /** Milliseconds before the second try of a safe request; it doubles with each further one. */
  readonly firstPause?: number;
}

/** Sends one request and gives the answer whatever its status below 400. */
export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;

const defaultTimeout = 60_000;
const defaultFirstPause = 250;
/** Tries of a request that changes nothing; others are sent once, as a lost answer does not say whether they took effect. */
const safeTries = 4;
const passing: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * An HTTP client for one server. Every call ends: each try has a time limit and GET is tried at most four times where
 * the server did not answer or answered 502, 503 or 504. Throws CommandError: the API's own code for a refusal,
 * `server-unreachable`, `server-timeout`, `not-larder` for an answer that is not JSON, `cancelled` once `signal` is aborted.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const pause = options.firstPause ?? defaultFirstPause;
  return async (request) => {
    const tries = request.method === 'GET' ? safeTries : 1;
    for (let count = 1; ; count++) {
      const outcome = await tryOnce(options, request).catch((error: unknown) => asFailure(error, options));
      const again = outcome instanceof CommandError ? mayPass(outcome) : passing.has(outcome.status);
      if (!again || count === tries) return settle(outcome, options.endpoint);
      await delay(pause * 2 ** (count - 1), undefined, { signal: options.signal }).catch((error: unknown) => {
        throw asFailure(error, options);
      });
    }
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function tryOnce(options: HttpClientOptions, request: HttpRequest): Promise<RawAnswer> {
  const limit = AbortSignal.timeout(options.timeout ?? defaultTimeout);
  const answer = await fetch(options.endpoint + request.path, {
    method: request.method,
    // A redirect could carry the token elsewhere, and Larder never sends one.
    redirect: 'manual',
    signal: AbortSignal.any([options.signal, limit]),
    headers: {
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

function mayPass(error: CommandError): boolean {
  return error.code === 'server-unreachable' && !isRefused(error.cause);
}

/** Nothing listens there: trying again within a second would only delay the message that says so. */
function isRefused(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNREFUSED' || cause.code === 'ENOTFOUND');
}

/** Why a request got no answer, or its answer broke off. */
export function asFailure(error: unknown, { endpoint, signal }: Pick<HttpClientOptions, 'endpoint' | 'signal'>): CommandError {
  if (error instanceof CommandError) return error;
  if (signal.aborted) return new CommandError('cancelled', exitCodes.interrupted, 'Interrupted.', { cause: error });
  if (error instanceof Error && error.name === 'TimeoutError') {
    const message = `The server at ${endpoint} did not answer in time.`;
    return new CommandError('server-timeout', exitCodes.unreachable, message, { cause: error });
  }
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const message = isRefused(cause)
    ? `No Larder server answers at ${endpoint}. Start one with \`npm start\`, or name another with --endpoint.`
    : `Cannot reach the server at ${endpoint}: ${reasonOf(cause)}.`;
  return new CommandError('server-unreachable', exitCodes.unreachable, message, { cause });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'the connection failed';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

/** What an answer means: a status from 400 is thrown. */
export function settle(outcome: RawAnswer | CommandError, endpoint: string): HttpAnswer {
  if (outcome instanceof CommandError) throw outcome;
  const json = parse(outcome.text);
  if (outcome.status >= 400) throw refusal(outcome.status, json, endpoint);
  if (json === undefined || outcome.status >= 300) throw notLarder(outcome.status, endpoint);
  return { status: outcome.status, headers: outcome.headers, json };
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notLarder(status: number, endpoint: string): CommandError {
  const message = `What answers at ${endpoint} is not a Larder server (status ${status}, no JSON).`;
  return new CommandError('not-larder', exitCodes.unreachable, message);
}

/** The DDS form `{error_code, error_msg}` or the identity form `{error: {code, message}}`. */
function refusal(status: number, json: unknown, endpoint: string): CommandError {
  const body = record(json);
  const code = body['error_code'];
  if (typeof code === 'string') return new CommandError(code, exitCodeOfAnswer(status, code), text(body['error_msg'], code));
  const identity = record(body['error']);
  if (identity['code'] === undefined) return notLarder(status, endpoint);
  const name = status === 401 ? 'unauthenticated' : `http-${status}`;
  return new CommandError(name, exitCodeOfAnswer(status, name), text(identity['message'], `Status ${status}.`));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
