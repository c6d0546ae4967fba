import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import { isLarderError, LarderError } from '../../core/errors.ts';
import { translateMongoError } from '../../mongo/connect.ts';

/** With the driver's own search for a primary this waits about two minutes: longer than an election, or a restart of a member. */
const repetitions = 8;
const longestPauseMs = 5_000;

/** What a server is called that takes writes. */
const writable: ReadonlySet<string> = new Set(['RSPrimary', 'Standalone', 'Mongos', 'LoadBalancer']);

/**
 * Does a step that may be done again from its beginning, and does it again while the target has no primary or changes it. Every other
 * failure, and the last one, is thrown as it is; `signal.reason` on cancellation.
 *
 * The step's signal ends when a primary is lost, too. A command under way may never hear of that: its server may be stopped, and the
 * driver waits for ever to send to a socket that is being closed in that very moment (no `error` follows, and no `drain`).
 */
export async function throughElections<T>(
  client: MongoClient,
  signal: AbortSignal,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    const lost = new AbortController();
    const watch = ({ previousDescription: before, newDescription: now }: TopologyDescriptionChangedEvent): void => {
      if ([...before.servers].some(([address, { type }]) => writable.has(type) && !isWritable(now, address)))
        lost.abort(primaryLost());
    };
    client.on('topologyDescriptionChanged', watch);
    try {
      return await step(AbortSignal.any([signal, lost.signal]));
    } catch (thrown) {
      signal.throwIfAborted();
      const error = lost.signal.aborted && isCancellation(thrown) ? (lost.signal.reason as LarderError) : thrown;
      // The store has repetitions of its own.
      const foreign = isLarderError(error) && error.code !== 'restore-failed';
      if (foreign || failures === repetitions || !translateMongoError(error, 'restore-failed', '').retryable) throw error;
    } finally {
      client.off('topologyDescriptionChanged', watch);
    }
    await delay(Math.min(longestPauseMs, 500 * 2 ** failures), undefined, { signal });
  }
}

function isWritable({ servers }: TopologyDescription, address: string): boolean {
  return writable.has(servers.get(address)?.type ?? '');
}

function primaryLost(): LarderError {
  return new LarderError('restore-failed', 'The target lost its primary.', { retryable: true });
}

function isCancellation(error: unknown): boolean {
  return isLarderError(error, 'cancelled') || (error instanceof Error && error.name === 'AbortError');
}
