import type { MongoClient } from 'mongodb';
import { compareClusterTime, type OpTime } from '../../core/image.ts';
import { pointBefore, type ReplayBase } from '../../core/oplog-archive.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import { oldestOpenTransaction } from '../../mongo/open-transactions.ts';
import { lastOpTimeUpTo, oplogReachesBackTo } from '../../mongo/read-oplog.ts';

/**
 * The entry after which a new timeline begins: where `base` needs it if the source still holds that; else now, or before the first
 * entry of a transaction that is open now, so that the next image finds all it may need.
 */
export async function startPoint(client: MongoClient, base: ReplayBase | null, signal: AbortSignal): Promise<OpTime> {
  const now = await majorityOpTime(client, signal);
  if (base !== null && compareClusterTime(base.time, now) <= 0 && (await oplogReachesBackTo(client, base.time, signal))) {
    if (compareClusterTime(base.oplogAfter, base.time) === 0) return base.time;
    const before = await lastOpTimeUpTo(client, base.oplogAfter, signal);
    if (before !== null) return before;
  }
  // Where we may not ask, the image says by itself that nothing can be replayed on it.
  const open = await oldestOpenTransaction(client, signal).catch(() => null);
  return open === null ? now : ((await lastOpTimeUpTo(client, pointBefore(open), signal)) ?? now);
}
