import type { MongoClient } from 'mongodb';
import { mostConnections, slowThreshold, type ParameterValues } from '../core/server-parameters.ts';
import { connect, translateMongoError } from './connect.ts';

interface Member {
  readonly uri: string;
  /** `host:port` */
  readonly member: string;
  readonly signal: AbortSignal;
}

/**
 * What these parameters are on a member now, those left out that it does not know. `instance-unreachable`; `instance-unsupported` where the
 * user may not ask.
 */
export async function readServerParameters({ uri, member, signal }: Member, names: readonly string[]): Promise<ParameterValues> {
  await using connection = await connect(uri, { member, signal });
  const admin = connection.client.db('admin');
  const plain = names.filter((name) => name !== slowThreshold && name !== mostConnections);
  const found = new Map<string, string | number | boolean | undefined>();
  try {
    const answer = await admin.command({ getParameter: 1, ...Object.fromEntries(plain.map((name) => [name, 1])) }, { signal });
    for (const name of plain) found.set(name, answer[name]);
    if (names.includes(slowThreshold)) found.set(slowThreshold, (await profiling(connection.client, signal)).slowms);
    if (names.includes(mostConnections)) {
      const { parsed } = await admin.command({ getCmdLineOpts: 1 }, { signal });
      found.set(mostConnections, parsed?.net?.maxIncomingConnections ?? 65_536);
    }
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', `the parameters of ${member} cannot be read`);
  }
  return Object.fromEntries([...found].flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

/** Sets them on a member until it ends. Those that need a restart must not be among them. Errors as of reading. */
export async function setServerParameters({ uri, member, signal }: Member, values: ParameterValues): Promise<void> {
  await using connection = await connect(uri, { member, signal });
  const admin = connection.client.db('admin');
  try {
    for (const [name, value] of Object.entries(values)) {
      if (name === slowThreshold) {
        const { was } = await profiling(connection.client, signal);
        await admin.command({ profile: was, slowms: Number(value) }, { signal });
        continue;
      }
      const typed = value === 'true' || value === 'false' ? value === 'true' : Number(value);
      await admin.command({ setParameter: 1, [name]: typed }, { signal });
    }
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', `the parameters of ${member} cannot be set`);
  }
}

async function profiling(client: MongoClient, signal: AbortSignal): Promise<{ readonly was: number; readonly slowms: number }> {
  const { was, slowms } = await client.db('admin').command({ profile: -1 }, { signal });
  return { was: Number(was), slowms: Number(slowms) };
}
