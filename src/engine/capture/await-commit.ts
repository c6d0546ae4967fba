import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { ClusterTime, OpTime } from '../../core/image.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import { reaches } from './change-collector.ts';

/** How long the set may take to commit what one of its members has applied. Milliseconds. */
const commitWait = 60_000;
/** As short as the commit usually takes: the longer the wait, the more definitions change meanwhile. Milliseconds. */
const pollInterval = 10;

/**
 * The newest majority-committed time, once that is not before `earliest`. `capture-failed`, to be tried elsewhere, if the set does not
 * commit so far within a minute.
 */
export async function awaitCommit(client: MongoClient, earliest: ClusterTime, signal: AbortSignal): Promise<OpTime> {
  const deadline = AbortSignal.timeout(commitWait);
  for (;;) {
    const time = await majorityOpTime(client, signal);
    if (reaches(time, earliest)) return time;
    if (deadline.aborted) {
      throw new LarderError('capture-failed', 'The replica set does not commit its writes to a majority of its members.', {
        retryable: true,
        details: { elsewhere: true },
      });
    }
    await delay(pollInterval, undefined, { signal });
  }
}
