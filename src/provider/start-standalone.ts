import { LarderError } from '../core/errors.ts';
import type { MongodBinary } from './mongod-binary.ts';
import { MongodProcess } from './mongod-process.ts';
import { connectionString, createRootUser, newRootUser } from './server-access.ts';

export interface StandaloneOptions {
  readonly mongod: MongodBinary;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Cache in GiB, at least 0.25, which is what it is unless given. */
  readonly cacheGb?: number;
  /** Demand credentials; those of a root user are then in `uri`. */
  readonly auth?: boolean;
  readonly extraArguments?: readonly string[];
  /** Leaves the server running when this process ends. */
  readonly outlivesParent?: boolean;
}

/** One running server without replication. */
export interface Standalone {
  readonly uri: string;
  readonly server: MongodProcess;
  stop(): Promise<void>;
  /** Kills it at once; for a server whose data nobody wants any more. */
  destroy(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a single server on a free loopback port. `mongod-unavailable` where that fails, and then nothing is left running. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const user = options.auth === true ? newRootUser() : null;
  const server = await MongodProcess.start({
    mongod: options.mongod,
    folder: options.folder,
    arguments: [
      '--wiredTigerCacheSizeGB',
      String(options.cacheGb ?? 0.25),
      ...(user ? ['--auth'] : []),
      ...(options.extraArguments ?? []),
    ],
    signal: options.signal,
    outlivesParent: options.outlivesParent ?? false,
  });
  try {
    if (user) await createRootUser(server.port, user);
  } catch (error) {
    await server.kill();
    throw new LarderError('mongod-unavailable', 'the root user of a new server could not be created', { cause: error });
  }
  const stop = (): Promise<void> => server.stop();
  return {
    uri: connectionString([server.port], { user, setName: null }),
    server,
    stop,
    destroy: () => server.kill(),
    [Symbol.asyncDispose]: stop,
  };
}
