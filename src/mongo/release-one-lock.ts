import { MongoServerError } from 'mongodb';
import type { MongoClient } from 'mongodb';

/** Takes one `fsyncLock` off the server. False if it was not locked; the driver's error if it cannot be told. */
export async function releaseOneLock(client: MongoClient): Promise<boolean> {
  try {
    await client.db('admin').command({ fsyncUnlock: 1 });
    return true;
  } catch (error) {
    // The server gives this refusal no code of its own.
    if (error instanceof MongoServerError && /not locked/.test(error.message)) return false;
    throw error;
  }
}
