import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError } from '../core/errors.ts';
import { waitUntil } from '../lib/wait-until.ts';
import { askHello, directClient } from './ask-hello.ts';
import { isAtLeast, type MongodBinary } from './mongod-binary.ts';
import { MongodProcess } from './mongod-process.ts';
import { connectionString, createRootUser, newRootUser, writeKeyFile } from './server-access.ts';

const healthyTimeoutMs = 90_000;

export interface ReplicaSetOptions {
  readonly mongod: MongodBinary;
  /** One folder per member is made in it. */
  readonly folder: string;
  /** Ends the start; what was started until then is killed. */
  readonly signal: AbortSignal;
  /** 3 unless given. */
  readonly members?: number;
  /** `rs0` unless given. */
  readonly setName?: string;
  /** Cache of each member in GiB, at least 0.25, which is what it is unless given. */
  readonly cacheGb?: number;
  /** Size of each member's oplog in MB; the server's own choice unless given. */
  readonly oplogMb?: number;
  /** Demand credentials: a key file between the members, and a root user whose name and password are in `uri`. */
  readonly auth?: boolean;
  readonly extraArguments?: readonly string[];
  /** Leaves the servers running when this process ends. */
  readonly outlivesParent?: boolean;
  /** Milliseconds without a primary after which the others elect a new one; the server's own choice, 10,000, unless given. */
  readonly electionTimeoutMs?: number;
}

/** A running replica set whose members this process started. */
export interface ReplicaSet {
  /** With all members and, where `auth` was asked for, with credentials. */
  readonly uri: string;
  readonly setName: string;
  readonly members: readonly MongodProcess[];
  /** The member that accepts writes; waits up to 90 seconds for one. */
  primary(): Promise<MongodProcess>;
  /** Resolves once there is a primary and every other running member is a secondary; waits up to 90 seconds. */
  healthy(): Promise<void>;
  /** Stops every member and waits for it, whatever became of the others. */
  stop(): Promise<void>;
  /** Kills every member at once; for sets whose data nobody wants any more. */
  destroy(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the members on free loopback ports, makes a replica set of them and resolves once it has a primary and secondaries.
 * None of them outlives this process unless asked to. `mongod-unavailable` where that fails, and then nothing is left running.
 */
export async function startReplicaSet(options: ReplicaSetOptions): Promise<ReplicaSet> {
  const { folder, signal, setName = 'rs0', auth = false } = options;
  const count = options.members ?? 3;
  await mkdir(folder, { recursive: true });
  const keyFile = auth ? await writeKeyFile(folder) : null;
  const serverArguments = memberArguments(options, setName, keyFile);
  const starts = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      MongodProcess.start({
        mongod: options.mongod,
        folder: join(folder, `member-${index}`),
        arguments: serverArguments,
        signal,
        outlivesParent: options.outlivesParent ?? false,
      }),
    ),
  );
  const members = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  try {
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    await initiate(members, setName, options);
    const user = auth ? newRootUser() : null;
    const set = replicaSetOf(members, setName, connectionString(portsOf(members), { user, setName }));
    await waitUntil(() => areHealthy(members), { timeoutMs: healthyTimeoutMs, signal, what: `replica set ${setName}` });
    if (user) await createRootUser((await set.primary()).port, user);
    return set;
  } catch (error) {
    await Promise.all(members.map((member) => member.kill()));
    signal.throwIfAborted();
    if (error instanceof LarderError && error.code === 'mongod-unavailable') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LarderError('mongod-unavailable', `replica set ${setName} could not be started: ${reason}`, { cause: error });
  }
}

function memberArguments(options: ReplicaSetOptions, setName: string, keyFile: string | null): string[] {
  return [
    `--replSet=${setName}`,
    `--wiredTigerCacheSizeGB=${options.cacheGb ?? 0.25}`,
    ...(options.oplogMb === undefined ? [] : ['--oplogSize', String(options.oplogMb)]),
    ...(keyFile === null ? [] : ['--keyFile', keyFile]),
    // Members leave together, so none needs to wait for another to take over. Older servers do not know the word.
    ...(isAtLeast(options.mongod.version, 5) ? ['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=500'] : []),
    ...(options.extraArguments ?? []),
  ];
}

async function initiate(
  members: readonly MongodProcess[],
  setName: string,
  { electionTimeoutMs = 10_000, auth = false, signal }: Pick<ReplicaSetOptions, 'electionTimeoutMs' | 'auth' | 'signal'>,
): Promise<void> {
  const [first] = members;
  if (!first) throw new LarderError('internal', 'a replica set needs at least one member');
  const client = directClient(first.port);
  try {
    await client.db('admin').command({
      replSetInitiate: {
        _id: setName,
        members: members.map((member, index) => ({ _id: index, host: `${member.host}:${member.port}` })),
        // Half-second heartbeats: members of one machine find each other and a lost primary quickly.
        settings: { electionTimeoutMillis: electionTimeoutMs, heartbeatIntervalMillis: 500 },
      },
    });
    // Nobody was primary yet whose absence would have to last for a time first. One alone elects itself, and nobody may ask for it
    // where there are users, but none yet: then the time has to pass.
    const elected = () => client.db('admin').command({ replSetStepUp: 1 });
    if (members.length > 1 && !auth)
      await waitUntil(elected, { timeoutMs: healthyTimeoutMs, signal, what: `an election in ${setName}` });
  } finally {
    await client.close();
  }
}

function replicaSetOf(members: readonly MongodProcess[], setName: string, uri: string): ReplicaSet {
  const wait = { timeoutMs: healthyTimeoutMs, what: `a primary of ${setName}` };
  const stop = async (): Promise<void> => endAll(members, (member) => member.stop());
  return {
    uri,
    setName,
    members,
    primary: () => waitUntil(() => findPrimary(members), wait),
    healthy: async () => {
      await waitUntil(() => areHealthy(members), wait);
    },
    stop,
    destroy: () => endAll(members, (member) => member.kill()),
    [Symbol.asyncDispose]: stop,
  };
}

async function endAll(members: readonly MongodProcess[], end: (member: MongodProcess) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(members.map(end));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function findPrimary(members: readonly MongodProcess[]): Promise<MongodProcess | null> {
  for (const member of running(members)) {
    const hello = await askHello(member.port).catch(() => null);
    if (hello?.primary === true) return member;
  }
  return null;
}

async function areHealthy(members: readonly MongodProcess[]): Promise<boolean> {
  const answers = await Promise.all(running(members).map((member) => askHello(member.port)));
  return answers.filter((hello) => hello.primary).length === 1 && answers.every((hello) => hello.primary || hello.secondary);
}

function running(members: readonly MongodProcess[]): MongodProcess[] {
  return members.filter((member) => member.pid !== null);
}

function portsOf(members: readonly MongodProcess[]): number[] {
  return members.map((member) => member.port);
}
