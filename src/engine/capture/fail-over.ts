import { setTimeout as delay } from 'node:timers/promises';
import { isLarderError, LarderError } from '../../core/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { isTransient } from '../../mongo/connect.ts';
import { openSource } from './source.ts';
import type { Source } from './source.ts';

/** How often one backup goes on with another member. */
const mostMoves = 8;
/** How long a set may have no member that can be read: an election, a restart. Milliseconds. */
const reopenWait = 60_000;
const reopenInterval = 500;

/** Where the work is done, and what it may count on. */
export interface FailOver {
  readonly uri: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told that a member was lost, with the cause, before another is chosen. */
  readonly onLost: (member: string, cause: unknown) => void;
}

/**
 * Does `work` on the member that disturbs the least; if that is lost meanwhile, again on the next, which may be the same once it is
 * back. `work` keeps by itself what is worth keeping. What is not the member's fault is thrown as it is, and so is the last failure
 * after eight moves; `instance-unreachable` after a minute without any member.
 */
export async function withFailOver<T>(options: FailOver, work: (source: Source) => Promise<T>): Promise<T> {
  const failed = new Set<string>();
  for (let moves = 0; ; moves++) {
    await using source = moves === 0 ? await openSource(options.uri, options.signal) : await reopen(options, failed);
    try {
      return await work(source);
    } catch (error) {
      options.signal.throwIfAborted();
      const cause: unknown = source.lost.aborted ? source.lost.reason : error;
      if (!isMembersFault(cause) || moves === mostMoves) throw cause;
      failed.add(source.member);
      options.onLost(source.member, cause);
    }
  }
}

function isMembersFault(error: unknown): boolean {
  return isTransient(error) || (isLarderError(error, 'capture-failed') && error.details['elsewhere'] === true);
}

async function reopen({ uri, clock, signal }: FailOver, failed: ReadonlySet<string>): Promise<Source> {
  const deadline = clock.now().getTime() + reopenWait;
  for (;;) {
    try {
      return await openSource(uri, signal, failed);
    } catch (error) {
      signal.throwIfAborted();
      const mayPass = isTransient(error) || (error instanceof LarderError && error.retryable);
      if (!mayPass || clock.now().getTime() > deadline) throw error;
    }
    await delay(reopenInterval, undefined, { signal });
  }
}
