import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { datastoreVersion } from '../core/datastore-version.ts';
import { isLarderError, LarderError } from '../core/errors.ts';
import { startArguments } from '../core/server-parameters.ts';
import type { Clock } from '../lib/clock.ts';
import { waitUntil } from '../lib/wait-until.ts';
import { askHello } from './ask-hello.ts';
import { choosePorts, isPortFree } from './choose-ports.ts';
import { runningPid, startDurable, stopDurable } from './durable-mongod.ts';
import { createUsers, initiateSet } from './first-users.ts';
import type { InstanceProvider, InstanceServers } from './instance-provider.ts';
import type { MongodBinary } from './mongod-binary.ts';
import { isAtLeast } from './mongod-binary.ts';
import { isPresent } from './mongod-cache.ts';
import { ownAuthority } from './own-authority.ts';
import { portReservations } from './port-reservations.ts';
import { logFilesOf, rotateLog } from './server-log-files.ts';
import { writeKeyFile } from './server-access.ts';

export interface LocalProviderOptions {
  /** Everything lies in it: `ca.pem`, `ca.key`, `place`, and a folder for each instance. */
  readonly folder: string;
  readonly host: string;
  readonly clock: Clock;
  /** Cache of each server, in megabytes. */
  readonly cacheMb: number;
  readonly mostInstances: number;
  /** A log of so many bytes is followed by another one. */
  readonly logBytes: number;
  /** Where all Larders of this machine note which ports their instances have. */
  readonly reservations: string;
  /** How long a server that ran before waits for its port, if somebody has taken it meanwhile; milliseconds. */
  readonly portPatienceMs: number;
  /** The servers end with this process, even with one that is killed. */
  readonly endWithParent: boolean;
  /** The server programs of this machine, without fetching any. */
  readonly installed: () => Promise<readonly MongodBinary[]>;
  /** The program to use where none is installed. Its version is known before it is fetched. */
  readonly fetchable: { readonly version: string; fetch(signal: AbortSignal): Promise<MongodBinary> };
}

const settleTimeoutMs = 120_000;
/** Files of collections that nobody uses are closed sooner than by default: many small instances share what a machine may open. */
const closeIdleFiles = 'file_manager=(close_idle_time=60,close_scan_interval=10,close_handle_minimum=250)';

/** Servers on this machine, each a process of its own that is known by its folder. */
export async function openLocalProvider(options: LocalProviderOptions): Promise<InstanceProvider> {
  const { folder, host, endWithParent } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await ownAuthority(folder, options.clock);
  const caFile = authority.certificateFile;
  const folderOf = (id: string): string => join(folder, id);
  const memberFolder = (id: string, index: number): string => join(folderOf(id), `member-${index}`);
  const certificateOf = (id: string): string => join(folderOf(id), 'server.pem');

  const reservations = portReservations(options.reservations, folder, options.clock);

  // Members that start at the same time share one certificate.
  const issuing = new Map<string, Promise<void>>();
  const certified = async (id: string): Promise<void> => {
    if (await isPresent(certificateOf(id))) return;
    const issued =
      issuing.get(id) ??
      authority.issue(certificateOf(id), [...new Set(['127.0.0.1', 'localhost', host])]).finally(() => issuing.delete(id));
    issuing.set(id, issued);
    await issued;
  };

  const binaryFor = async (version: string, signal: AbortSignal): Promise<MongodBinary> => {
    const installed = await options.installed();
    const fitting = installed.find((binary) => datastoreVersion(binary.version) === version);
    if (fitting !== undefined) return fitting;
    if (datastoreVersion(options.fetchable.version) === version) {
      const fetched = await options.fetchable.fetch(signal);
      if (datastoreVersion(fetched.version) === version) return fetched;
    }
    throw new LarderError('mongod-unavailable', `This machine has no mongod of version ${version}.`);
  };

  const startMember = async (
    servers: InstanceServers,
    index: number,
    signal: AbortSignal,
    portPatienceMs = options.portPatienceMs,
  ): Promise<void> => {
    const { id, tls } = servers;
    const port = servers.ports[index]!;
    if (!(await isPresent(join(memberFolder(id, index), 'data')))) {
      throw new LarderError('mongod-unavailable', 'The data of this instance is not on this machine.');
    }
    await reservations.reserve(port, id);
    if (tls) await certified(id);
    const mongod = await binaryFor(servers.version, signal);
    await startDurable(
      { folder: memberFolder(id, index), port },
      {
        mongod,
        host,
        tlsCaFile: tls ? caFile : null,
        endsWithParent: endWithParent,
        portPatienceMs,
        signal,
        arguments: [
          '--wiredTigerCacheSizeGB',
          String(options.cacheMb / 1024),
          '--wiredTigerEngineConfigString',
          closeIdleFiles,
          '--keyFile',
          join(folderOf(id), 'key-file'),
          ...(servers.setName === null ? [] : ['--replSet', servers.setName]),
          ...(tls ? tlsArguments(certificateOf(id), caFile) : ['--tlsMode', 'disabled']),
          ...(isAtLeast(mongod.version, 5) ? ['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=500'] : []),
          ...startArguments(servers.parameters),
        ],
      },
    );
  };

  // Where one fails the others are waited for: nothing is still about to start when this is over.
  const startAll = async (servers: InstanceServers, signal: AbortSignal, portPatienceMs?: number): Promise<void> => {
    const starts = await Promise.allSettled(servers.ports.map((_, index) => startMember(servers, index, signal, portPatienceMs)));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
  };

  const provider: InstanceProvider = {
    place: await placeOf(folder),
    host,
    caFile,
    mostInstances: options.mostInstances,
    async versions() {
      const installed = await options.installed();
      const found = new Set(installed.map(({ version }) => datastoreVersion(version)));
      if (found.size === 0) found.add(datastoreVersion(options.fetchable.version));
      return [...found].toSorted((a, b) => Number.parseFloat(a) - Number.parseFloat(b));
    },
    choosePorts: (first, count, taken) =>
      choosePorts(first, count, { host, taken, reserve: (port) => reservations.reserve(port, null) }),
    isPortFree: async (port) => (await isPortFree(port, host)) && (await reservations.ownerElsewhere(port)) === null,

    async create(servers, users, signal) {
      const { id, ports, tls, setName } = servers;
      await provider.remove(id);
      try {
        await mkdir(folderOf(id), { recursive: true, mode: 0o700 });
        await writeKeyFile(folderOf(id));
        for (const index of ports.keys()) await mkdir(join(memberFolder(id, index), 'data'), { recursive: true });
        // New servers can have other ports at once.
        await startAll(servers, signal, 0);
        const ca = tls ? caFile : null;
        if (setName !== null) await initiateSet(ports, { setName, host, tlsCaFile: ca });
        await provider.settled(servers, signal);
        await createUsers(ports[(await provider.primary(servers)) ?? 0]!, users, ca);
      } catch (error) {
        await provider.remove(id);
        signal.throwIfAborted();
        if (isLarderError(error, 'mongod-unavailable')) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new LarderError('mongod-unavailable', `The servers could not be started: ${reason}`, { cause: error });
      }
    },

    async start(servers, signal) {
      await startAll(servers, signal);
    },
    startMember: (servers, index, signal) => startMember(servers, index, signal),
    stop: async ({ id, ports }) => {
      await Promise.all(ports.map((_, index) => stopDurable(memberFolder(id, index))));
    },
    stopMember: ({ id }, index) => stopDurable(memberFolder(id, index)),
    running: ({ id, ports }) => Promise.all(ports.map(async (_, index) => (await runningPid(memberFolder(id, index))) !== null)),

    async primary({ ports, tls: withTls }) {
      const answers = await Promise.all(ports.map((port) => askHello(port, withTls ? caFile : null).catch(() => null)));
      const index = answers.findIndex((hello) => hello?.primary === true);
      return index < 0 ? null : index;
    },

    async remove(id) {
      const members = (await readdir(folderOf(id)).catch(() => [])).filter((name) => name.startsWith('member-'));
      await Promise.all(members.map((name) => stopDurable(join(folderOf(id), name), { kill: true })));
      await rm(folderOf(id), { recursive: true, force: true });
    },

    async usedBytes(id) {
      const members = (await readdir(folderOf(id)).catch(() => [])).filter((name) => name.startsWith('member-'));
      const sizes = await Promise.all(members.map((name) => sizeOf(join(folderOf(id), name, 'data'))));
      return Math.max(0, ...sizes);
    },
    logFiles: (id, index) => logFilesOf(memberFolder(id, index)),
    rotateLogs: async ({ id, ports }) => {
      for (const index of ports.keys()) await rotateLog(memberFolder(id, index), options.logBytes);
    },

    async settled(servers, signal) {
      const ca = servers.tls ? caFile : null;
      const what = `the servers of ${servers.setName ?? servers.id}`;
      const ready = async (): Promise<boolean> => {
        const answers = await Promise.all(servers.ports.map((port) => askHello(port, ca)));
        return (
          answers.filter(({ primary }) => primary).length === 1 && answers.every(({ primary, secondary }) => primary || secondary)
        );
      };
      await waitUntil(ready, { timeoutMs: settleTimeoutMs, signal, what }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new LarderError('mongod-unavailable', `Not all servers are ready after ${settleTimeoutMs / 1000} seconds.`, {
          cause: error,
        });
      });
    },
  };
  return provider;
}

function tlsArguments(certificate: string, caFile: string): string[] {
  const files = ['--tlsCertificateKeyFile', certificate, '--tlsCAFile', caFile];
  return ['--tlsMode', 'requireTLS', ...files, '--tlsAllowConnectionsWithoutCertificates'];
}

/** A word of the folder's own, made once. */
async function placeOf(folder: string): Promise<string> {
  const file = join(folder, 'place');
  await writeFile(file, `${randomUUID()}\n`, { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}

/** Without the journal, which is as large without any data. Files come and go meanwhile; those that went count nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && basename(entry.parentPath) !== 'journal')
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ blocks }) => blocks * 512,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
