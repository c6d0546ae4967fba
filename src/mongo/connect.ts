import { setTimeout as delay } from 'node:timers/promises';
import {
  MongoClient,
  MongoParseError,
  MongoServerSelectionError,
  MongoError,
  MongoServerError,
  MongoNetworkError,
} from 'mongodb';
import { LarderError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { checkCertificateFiles } from './check-certificate-files.ts';
import { oldestSupported } from './supported-versions.ts';

/** Under this name Larder's connections appear in the server's logs, profiles and `currentOp`. */
export const applicationName = 'larder';

/** How long we look for a server before we call the instance unreachable, in milliseconds. */
const selectionTimeout = 10_000;
/**
 * A single member's health is asked for this often, beside whatever else it does, and an answer awaited this long; then what waits for
 * it fails. So a stopped member costs a quarter of a minute, and a slow query does not count as one. Milliseconds.
 */
const memberHeartbeat = 5_000;
const memberPatience = 10_000;
/** A set is asked again after this long where the first answer did not come, milliseconds. */
const nextTry = 50;
/** A silent socket is given up after this long; every command of ours answers in batches far below it. Milliseconds. */
const socketTimeout = 120_000;

export interface ConnectOptions {
  /** Talk to this very member (`host:port`) instead of whichever is primary. */
  readonly member?: string;
  /** Enough that any member answers: a set may have no primary. Commands say for themselves whom they may ask. */
  readonly anyMember?: boolean;
  readonly maxConnections?: number;
  /** Commands may be silent for hours, as one that builds indexes is; a server that is gone is noticed by the driver's heartbeats. */
  readonly longCommands?: boolean;
  readonly signal: AbortSignal;
}

/** A connected client whose end of life is the end of its `await using` block. */
export interface Connection extends AsyncDisposable {
  readonly client: MongoClient;
}

/**
 * Connects to the deployment that `uri` names, to one member if asked. Throws `invalid-connection-string`,
 * `instance-unreachable` (also for refused credentials, saying so) or `cancelled`. Neither names the credentials.
 */
export async function connect(uri: string, options: ConnectOptions): Promise<Connection> {
  options.signal.throwIfAborted();
  await checkCertificateFiles(uri);
  const client = createClient(uri, options);
  try {
    await reach(client, options);
  } catch (error) {
    await client.close();
    throw translateMongoError(error, 'instance-unreachable', 'the MongoDB instance cannot be reached');
  }
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

/**
 * The first answer. While a driver finds out about a set, it gives up members that it was just connecting to where the primary does not list them, as it
 * does not list hidden and delayed ones, or lists them by another name. Each try may meet that once more, so only time ends them. Whether one member
 * answers is found out by one try.
 */
async function reach(client: MongoClient, options: ConnectOptions): Promise<void> {
  const { member, signal } = options;
  const until = performance.now() + (member === undefined ? selectionTimeout : 0);
  for (;;) {
    try {
      await client.connect();
      await client.db('admin').command({ ping: 1 }, { signal, readPreference: preferenceOf(options) });
      return;
    } catch (error) {
      const passes = error instanceof MongoNetworkError || isClosedPool(error);
      if (!passes || signal.aborted || performance.now() >= until) throw error;
    }
    await delay(nextTry, undefined, { signal });
  }
}

function preferenceOf({ anyMember = false }: ConnectOptions): 'primary' | 'primaryPreferred' {
  return anyMember ? 'primaryPreferred' : 'primary';
}

function createClient(uri: string, options: ConnectOptions): MongoClient {
  const { member, maxConnections = 8, longCommands = false, anyMember = false } = options;
  try {
    const address = member === undefined ? uri : addressOfMember(uri, member);
    return new MongoClient(address, {
      appName: applicationName,
      serverSelectionTimeoutMS: selectionTimeout,
      connectTimeoutMS: selectionTimeout,
      socketTimeoutMS: longCommands ? 0 : socketTimeout,
      maxPoolSize: maxConnections,
      ...(member === undefined
        ? {}
        : { directConnection: true, heartbeatFrequencyMS: memberHeartbeat, connectTimeoutMS: memberPatience }),
      ...(anyMember ? { readPreference: preferenceOf(options) } : {}),
      // Commands are built by us and repeated by the steps around them.
      retryReads: false,
      retryWrites: false,
    });
  } catch (error) {
    if (error instanceof MongoParseError || error instanceof TypeError || error instanceof MongoError) {
      throw new LarderError(
        'invalid-connection-string',
        `The connection string cannot be read (${plainReason(error, uri)}). It must look like mongodb://user:password@host:port/?replicaSet=name.`,
      );
    }
    throw error;
  }
}

/** The same string, with `member` in place of its hosts and without what makes the driver look for other members. */
export function addressOfMember(uri: string, member: string): string {
  const scheme = /^mongodb(?:\+srv)?:\/\//.exec(uri)?.[0];
  if (scheme === undefined)
    throw new LarderError('invalid-connection-string', 'The connection string must start with mongodb:// or mongodb+srv://.');
  const rest = uri.slice(scheme.length);
  const credentialsEnd = rest.lastIndexOf('@', pathStart(rest) - 1);
  const credentials = credentialsEnd === -1 ? '' : rest.slice(0, credentialsEnd + 1);
  const tail = rest.slice(pathStart(rest));
  const [path = '', query = ''] = tail.split('?', 2);
  const parameters = new URLSearchParams(query);
  for (const name of [...parameters.keys()]) {
    if (/^(replicaSet|directConnection|loadBalanced|srv.*|readPreference.*)$/i.test(name)) parameters.delete(name);
  }
  // mongodb+srv turns TLS on by itself; without the scheme it has to be said.
  if (scheme.includes('+srv') && !parameters.has('tls') && !parameters.has('ssl')) parameters.set('tls', 'true');
  return `mongodb://${credentials}${member}${path || '/'}?${parameters.toString()}`;
}

function pathStart(rest: string): number {
  const at = rest.search(/[/?]/);
  return at === -1 ? rest.length : at;
}

/** Server error codes after which the very same work can succeed: elections, shutdowns, killed operations, lost cursors. */
const transientCodes = new Set([
  6, 7, 43, 89, 91, 133, 134, 175, 189, 202, 234, 237, 262, 290, 317, 358, 384, 9001, 10058, 10107, 11600, 11602, 13388, 13435,
  13436, 63, 150,
]);

/**
 * A driver or server error as a LarderError with `code`, unless it is one already. `retryable` follows the server's
 * error code and the driver's labels.
 */
export function translateMongoError(error: unknown, code: ErrorCode, doing: string): LarderError {
  if (error instanceof LarderError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new LarderError('cancelled', 'The work was cancelled.', { cause: error });
  if (error instanceof MongoServerError && (error.code === 18 || error.code === 8000)) {
    return new LarderError(
      'instance-unreachable',
      'The MongoDB instance refused the user name or password of the connection string.',
    );
  }
  if (error instanceof MongoServerError && error.code === 13) {
    return new LarderError(
      'instance-unsupported',
      `The user of the connection string lacks a privilege: ${withoutCommandBody(error.message)}. docs/operations.md lists what is needed.`,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof MongoServerSelectionError && /wire version/.test(reason)) {
    return new LarderError('instance-unsupported', `${doing}: ${reason}. ${oldestSupported}`, { cause: error });
  }
  return new LarderError(code, `${doing}: ${reason}`, {
    retryable: isTransient(error),
    ...(error instanceof MongoServerError ? { details: { serverCode: Number(error.code) } } : {}),
    cause: error,
  });
}

/** True for what a network or an election does, not the work: the very same work can succeed later, or on another member. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    isBrokenSocket(error) ||
    isClosedPool(error) ||
    (error instanceof MongoServerError && (transientCodes.has(Number(error.code)) || error.hasErrorLabel('RetryableWriteError')))
  );
}

/** The driver lets some errors of the socket itself through, for example where the other side ended while we were writing. */
function isBrokenSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}

/** The driver has given up a member after it had chosen it, since the set no longer lists it. It does not export the class. */
function isClosedPool(error: unknown): boolean {
  return error instanceof MongoError && error.name === 'MongoPoolClosedError';
}

/** "not authorized on db to execute command { find: …, lsid: … }" without what follows the command's name. */
function withoutCommandBody(message: string): string {
  return message.replace(/\{ *"?(\w+)"?:[^]*$/, '$1');
}

/** The server's error code, or null if it is no server error. */
export function serverErrorCode(error: unknown): number | null {
  return error instanceof MongoServerError ? Number(error.code) : null;
}

function plainReason(error: Error, uri: string): string {
  // The driver may quote the string, credentials and all.
  return error.message.includes('@') || error.message.includes(uri) ? 'it is malformed' : error.message;
}
