import { directClient } from './ask-hello.ts';
import type { ServerUser } from './instance-provider.ts';

/** Makes a replica set of servers that belong to none yet. */
export async function initiateSet(
  ports: readonly number[],
  { setName, host, tlsCaFile }: { readonly setName: string; readonly host: string; readonly tlsCaFile: string | null },
): Promise<void> {
  const address = host.includes(':') ? `[${host}]` : host;
  const client = directClient(ports[0]!, tlsCaFile);
  try {
    await client.db('admin').command({
      replSetInitiate: {
        _id: setName,
        members: ports.map((port, index) => ({ _id: index, host: `${address}:${port}` })),
        // Members of one machine find a lost primary quickly.
        settings: { electionTimeoutMillis: 3_000, heartbeatIntervalMillis: 1_000 },
      },
    });
  } finally {
    await client.close();
  }
}

/** Creates users who may do everything, on a server that has none: it lets whoever asks from the same machine make the first. */
export async function createUsers(port: number, users: readonly ServerUser[], tlsCaFile: string | null): Promise<void> {
  const [first, ...others] = users;
  if (first === undefined) return;
  const client = directClient(port, tlsCaFile);
  try {
    await client.db('admin').command(creation(first));
  } finally {
    await client.close();
  }
  if (others.length === 0) return;
  const asFirst = directClient(port, tlsCaFile, first);
  try {
    for (const user of others) await asFirst.db('admin').command(creation(user));
  } finally {
    await asFirst.close();
  }
}

function creation({ name, password }: ServerUser) {
  const writeConcern = { w: 'majority', wtimeout: 30_000 };
  return { createUser: name, pwd: password, roles: [{ role: 'root', db: 'admin' }], writeConcern };
}
