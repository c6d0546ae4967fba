import type { MongoClient } from 'mongodb';
import { compareClusterTime } from '../core/image.ts';
import type { ClusterTime } from '../core/image.ts';
import { fromTimestamp } from './cluster-time.ts';

/**
 * When the oldest transaction began that has oplog entries and has not ended, as the member knows it now; null if there is none. One
 * that is not listed has no entry before the member's majority-committed time at the call, or has ended by then. Server errors pass through.
 */
export async function oldestOpenTransaction(client: MongoClient, signal: AbortSignal): Promise<ClusterTime | null> {
  const open = client
    .db('config')
    .collection('transactions', { readConcern: { level: 'majority' } })
    .find(
      { state: { $in: ['prepared', 'inProgress'] }, startOpTime: { $exists: true } },
      { projection: { _id: 0, startOpTime: 1 }, signal },
    );
  let oldest: ClusterTime | null = null;
  for await (const { startOpTime } of open) {
    const time = fromTimestamp(startOpTime.ts);
    if (oldest === null || compareClusterTime(time, oldest) < 0) oldest = time;
  }
  return oldest;
}
