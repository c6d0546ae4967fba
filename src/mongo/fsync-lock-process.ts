/**
 * Runs in a process of its own, in a session of its own, and holds `fsyncLock` of one server for as long as its standard input stays
 * open, and for no longer than it was told: when whoever started it is gone, `kill -9` included, the input ends and the lock goes. First
 * line in: `{"uri","limitMs"}`. Lines out: `locked`, or `failed` with the error; then one of `released`, `expired` (held for the
 * limit and released) and `lost` (somebody else released it, or the server ended).
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { LarderError } from '../core/errors.ts';
import { connect, translateMongoError } from './connect.ts';
import type { Connection } from './connect.ts';
import { releaseOneLock } from './release-one-lock.ts';

/** A server that does not answer is asked to unlock this often, two seconds apart: a lock must not stay for a passing trouble. */
const unlockTries = 60;
const unlockPauseMs = 2_000;

interface Order {
  readonly uri: string;
  readonly limitMs: number;
}

// Whoever is told to end takes the input away; a signal to the whole group must not leave the server locked.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// The reader may be gone already when we tell the end.
process.stdout.on('error', () => undefined);

const say = (word: string, more: object = {}): void => void process.stdout.write(`${JSON.stringify({ word, ...more })}\n`);

const input = createInterface({ input: process.stdin });
const closed = once(input, 'close');
const [line] = (await Promise.race([once(input, 'line'), closed])) as [string?];
if (line !== undefined) await hold(JSON.parse(line) as Order);
process.stdin.destroy();

async function hold({ uri, limitMs }: Order): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let connection: Connection;
  try {
    connection = opened.use(await connect(uri, { signal: new AbortController().signal, maxConnections: 2 }));
    await lock(connection);
  } catch (error) {
    const { code, message, retryable } = translateMongoError(error, 'capture-failed', 'The server could not be locked');
    say('failed', { code, message, retryable });
    return;
  }
  say('locked');
  const limit = new AbortController();
  const expired = delay(limitMs, true, { signal: limit.signal }).catch(() => false);
  const isExpired = await Promise.race([closed.then(() => false), expired]);
  limit.abort();
  say((await unlock(connection)) ? (isExpired ? 'expired' : 'released') : 'lost');
}

async function lock({ client }: Connection): Promise<void> {
  const hello = await client.db('admin').command({ hello: 1 });
  if (hello['setName'] !== undefined || hello['msg'] === 'isdbgrid')
    throw new LarderError('operation-illegal', 'Only a single server is locked for a backup.');
  // Waits for writes that run; an answer that takes longer than the socket lives is a failure, and the lock then goes below.
  try {
    await client.db('admin').command({ fsync: 1, lock: true });
  } catch (error) {
    await releaseOneLock(client).catch(() => undefined);
    throw error;
  }
}

/** True if our lock was there to be released. */
async function unlock({ client }: Connection): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      return await releaseOneLock(client);
    } catch {
      if (tries === unlockTries) return false;
      await delay(unlockPauseMs);
    }
  }
}
