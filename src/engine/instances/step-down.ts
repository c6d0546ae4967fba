import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { waitUntil } from '../../lib/wait-until.ts';
import { connect, serverErrorCode, translateMongoError } from '../../mongo/connect.ts';

/** How long the old primary stays out of elections. */
const asideSeconds = 60;
const catchUpSeconds = 10;
const electionTimeoutMs = 60_000;

/** The server's word for "no secondary can take over now". */
const exceededTimeLimit = 262;

/**
 * Makes another member of the replica set its primary and resolves once there is one. `instance-not-ready` where no other member can
 * take over; `instance-unsupported` where Larder's user may not; `instance-unreachable`.
 */
export async function stepDown(uri: string, signal: AbortSignal): Promise<void> {
  const before = await askedToStepDown(uri, signal);
  const another = async (): Promise<boolean> => {
    await using connection = await connect(uri, { signal });
    const now = await primaryOf(connection.client, signal);
    return now !== null && now !== before;
  };
  await waitUntil(another, { timeoutMs: electionTimeoutMs, intervalMs: 250, signal, what: 'another primary' }).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      throw new LarderError('instance-not-ready', `No other primary was elected within ${electionTimeoutMs / 1000} seconds.`, {
        cause: error,
      });
    },
  );
}

/** Address of the member that was primary. */
async function askedToStepDown(uri: string, signal: AbortSignal): Promise<string | null> {
  await using connection = await connect(uri, { signal });
  const before = await primaryOf(connection.client, signal);
  try {
    await connection.client
      .db('admin')
      .command({ replSetStepDown: asideSeconds, secondaryCatchUpPeriodSecs: catchUpSeconds }, { signal });
  } catch (error) {
    if (serverErrorCode(error) === exceededTimeLimit) {
      throw new LarderError('instance-not-ready', 'No other member is up to date enough to take over.', { cause: error });
    }
    // Old servers close the connection instead of answering; whether it worked, the next question tells.
    const translated = translateMongoError(error, 'instance-unreachable', 'the primary did not step down');
    if (!translated.retryable) throw translated;
  }
  return before;
}

async function primaryOf(client: MongoClient, signal: AbortSignal): Promise<string | null> {
  const hello = await client.db('admin').command({ hello: 1 }, { signal });
  return hello['isWritablePrimary'] === true ? String(hello['me']) : null;
}
