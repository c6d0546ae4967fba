import type { MongoClient } from 'mongodb';
import { pointBefore } from '../../core/oplog-archive.ts';
import type { ClusterTime, OpTime } from '../../core/image.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import { oldestOpenTransaction } from '../../mongo/open-transactions.ts';
import { reaches, type ChangeCollector } from './change-collector.ts';

/** The server's error for what the roles do not allow. */
const notAuthorized = 13;

/** What was open at some moment. */
export interface OpenTransactions {
  /** A time before that moment: the entries of transactions that begin later are collected. */
  readonly askedAt: OpTime;
  readonly oldest: ClusterTime | null;
}

/** Asks for the oldest transaction that is open now; null where we may not ask. */
export async function askOpenTransactions(client: MongoClient, signal: AbortSignal): Promise<OpenTransactions | null> {
  const askedAt = await majorityOpTime(client, signal);
  try {
    return { askedAt, oldest: await oldestOpenTransaction(client, signal) };
  } catch (error) {
    if (serverErrorCode(error) !== notAuthorized) throw error;
    return null;
  }
}

/** Just before the first entry of whatever transaction is open at `time`; `time` itself if none is. */
export function oplogAfter(time: OpTime, open: OpenTransactions, collector: ChangeCollector): ClusterTime {
  const starts = [open.oldest, collector.earliestOpenPart(open.askedAt)].filter((start) => start !== null);
  return starts.map(pointBefore).reduce((a, b) => (reaches(a, b) ? b : a), { t: time.t, i: time.i });
}
