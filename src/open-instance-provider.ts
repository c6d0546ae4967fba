import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LarderError } from './core/errors.ts';
import type { Clock } from './lib/clock.ts';
import { downloadVersion } from './provider/download-mongod.ts';
import { findInstalledMongod, findMongod } from './provider/find-mongod.ts';
import type { InstanceProvider } from './provider/instance-provider.ts';
import { openLocalProvider } from './provider/local-provider.ts';
import { readMongodVersion, type MongodBinary } from './provider/mongod-binary.ts';
import type { Settings } from './settings.ts';

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** Asking a program for its version takes a moment, not minutes. */
const askingLimitMs = 60_000;

/** The provider of this installation: its own machine, with the server programs that are there or named. */
export function openInstanceProvider(settings: Settings, { env, clock, log }: Surroundings): Promise<InstanceProvider> {
  const { instances, dataFolder } = settings;
  let installed: Promise<readonly MongodBinary[]> | null = null;
  return openLocalProvider({
    folder: join(dataFolder, 'instances'),
    host: instances.host,
    clock,
    cacheMb: instances.cacheMb,
    mostInstances: instances.most,
    reservations: join(tmpdir(), 'larder-ports'),
    portPatienceMs: 10_000,
    logBytes: 64 * 1024 * 1024,
    endWithParent: instances.stopWithLarder,
    installed: () => {
      // One that was fetched meanwhile is found the next time; until then nothing is known to be here.
      installed ??= findAll(env, instances.mongods).then((found) => {
        if (found.length === 0) installed = null;
        return found;
      });
      return installed;
    },
    fetchable: { version: downloadVersion, fetch: (signal) => findMongod({ env, signal, log }) },
  });
}

async function findAll(env: NodeJS.ProcessEnv, named: readonly string[]): Promise<readonly MongodBinary[]> {
  const signal = AbortSignal.timeout(askingLimitMs);
  const first = await findInstalledMongod({ env, signal });
  const others = await Promise.all(
    named.map(async (path): Promise<MongodBinary> => {
      const version = await readMongodVersion(path, signal).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new LarderError(
          'mongod-unavailable',
          `LARDER_MONGODS names ${path}, which is no mongod that runs here: ${reason}`,
          {
            cause: error,
          },
        );
      });
      return { path, version, origin: 'path' };
    }),
  );
  return [...(first === null ? [] : [first]), ...others];
}
