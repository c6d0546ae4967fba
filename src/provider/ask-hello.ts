import { MongoClient } from 'mongodb';

/** What a server says about itself to anyone, without credentials. */
export interface Hello {
  readonly setName: string | null;
  readonly primary: boolean;
  readonly secondary: boolean;
}

const timeoutMs = 2_000;

/** Asks one server, over a connection of its own. Rejects where it does not answer within two seconds. */
export async function askHello(port: number, tlsCaFile: string | null = null): Promise<Hello> {
  const client = directClient(port, tlsCaFile);
  try {
    const answer = await client.db('admin').command({ hello: 1 });
    return {
      setName: answer['setName'] ?? null,
      primary: answer['isWritablePrimary'] === true,
      secondary: answer['secondary'] === true,
    };
  } finally {
    await client.close();
  }
}

/**
 * A client for exactly the server on that loopback port, whatever state it is in: over TLS where an authority is named, as a user of
 * `admin` where one is given. The caller closes it.
 */
export function directClient(
  port: number,
  tlsCaFile: string | null = null,
  user?: { readonly name: string; readonly password: string },
): MongoClient {
  return new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    ...(tlsCaFile === null ? {} : { tls: true, tlsCAFile: tlsCaFile }),
    ...(user === undefined ? {} : { auth: { username: user.name, password: user.password }, authSource: 'admin' }),
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    socketTimeoutMS: 30_000,
    maxPoolSize: 2,
  });
}
