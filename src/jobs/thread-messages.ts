import { LarderError, errorKinds, type ErrorCode } from '../core/errors.ts';
import { redactConnectionString } from '../lib/redact.ts';

/** What the server says to a worker thread. */
export type ToThread = { readonly type: 'run'; readonly input: unknown } | { readonly type: 'stop' };

/** What a worker thread answers to each `run`: any number of `progress`, then one `result` or `error`. */
export type FromThread =
  | { readonly type: 'progress'; readonly progress: unknown }
  | { readonly type: 'result'; readonly result: unknown }
  | { readonly type: 'error'; readonly error: TransferredError };

/** A LarderError between threads. The cause stays behind as text for the log; classes do not survive the copy. */
export interface TransferredError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly trace: string;
}

/** Whatever was thrown, ready to be copied. What is no LarderError becomes `internal`. Never throws. */
export function packError(error: unknown): TransferredError {
  const trace = withoutCredentials(traceOf(error, 4));
  if (error instanceof LarderError) {
    return { code: error.code, message: error.message, retryable: error.retryable, details: error.details, trace };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return { code: 'internal', message: `An unexpected ${name} ended the task.`, retryable: false, details: {}, trace };
}

/** The error as it was; its cause is an Error whose stack is the trace of the other thread. */
export function unpackError(packed: TransferredError): LarderError {
  const cause = new Error('in the worker thread');
  cause.stack = packed.trace;
  const code = packed.code in errorKinds ? packed.code : 'internal';
  return new LarderError(code, packed.message, { cause, retryable: packed.retryable, details: packed.details });
}

/** The text with the secrets of every address in it masked: drivers like to quote what they were given. Paths of files stay. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/\b(?!file:)[a-z][a-z0-9+.-]*:\/\/\S+/gi, redactConnectionString);
}

/** What arrived from another thread: the copy keeps the shape of what was sent, except that a Buffer arrives as its base class. */
export function withBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(withBuffers);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withBuffers(inner)]));
}

function traceOf(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error;
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined || depth === 0 ? own : `${own}\ncaused by ${traceOf(error.cause, depth - 1)}`;
}
