import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { directClient } from './ask-hello.ts';

/** The first user of servers that demand credentials. */
export interface RootUser {
  readonly name: string;
  readonly password: string;
}

/** A root user with a random password of 24 hex digits. */
export function newRootUser(): RootUser {
  return { name: 'root', password: randomBytes(12).toString('hex') };
}

/** Writes the secret by which members of a set know each other, readable by its owner only as mongod demands; returns its path. */
export async function writeKeyFile(folder: string): Promise<string> {
  const path = join(folder, 'key-file');
  await mkdir(folder, { recursive: true });
  await writeFile(path, randomBytes(96).toString('base64'), { mode: 0o600 });
  return path;
}

/** Creates the root user on a server that has no users yet: it allows that to whoever asks from the same machine. */
export async function createRootUser(port: number, user: RootUser): Promise<void> {
  const client = directClient(port);
  try {
    await client.db('admin').command({
      createUser: user.name,
      pwd: user.password,
      roles: [{ role: 'root', db: 'admin' }],
      writeConcern: { w: 'majority', wtimeout: 30_000 },
    });
  } finally {
    await client.close();
  }
}

/** `mongodb://user:password@host:port,…/?…`; credentials only where there is a user. */
export function connectionString(ports: readonly number[], options: { user: RootUser | null; setName: string | null }): string {
  const credentials = options.user ? `${options.user.name}:${options.user.password}@` : '';
  const query = new URLSearchParams();
  if (options.setName !== null) query.set('replicaSet', options.setName);
  else query.set('directConnection', 'true');
  if (options.user) query.set('authSource', 'admin');
  return `mongodb://${credentials}${ports.map((port) => `127.0.0.1:${port}`).join(',')}/?${query.toString()}`;
}
