import { connect, translateMongoError } from './connect.ts';
import { releaseOneLock } from './release-one-lock.ts';

/** Names a run of a server: another after each restart, which ends every lock. */
export async function serverRun(uri: string, signal: AbortSignal): Promise<string> {
  await using connection = await connect(uri, { signal, maxConnections: 1 });
  const hello = await connection.client.db('admin').command({ hello: 1 }, { signal });
  return String(hello['topologyVersion']?.processId ?? '');
}

/**
 * Takes one lock off the server, if it is still the run that was locked. False if there was none. Throws LarderError where it
 * cannot be told.
 */
export async function releaseLeftLock(uri: string, run: string, signal: AbortSignal): Promise<boolean> {
  await using connection = await connect(uri, { signal, maxConnections: 1 });
  try {
    const hello = await connection.client.db('admin').command({ hello: 1 }, { signal });
    if (String(hello['topologyVersion']?.processId ?? '') !== run) return false;
    return await releaseOneLock(connection.client);
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the server cannot be asked to unlock');
  }
}
