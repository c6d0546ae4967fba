/** Runs the servers of instances that Larder started itself, on one machine. */
export interface InstanceProvider {
  /** The same after each start of Larder, and another for every data folder: servers are started and stopped where they were made. */
  readonly place: string;
  /** Address under which the servers know each other and clients find them. */
  readonly host: string;
  /** How many instances there may be. */
  readonly mostInstances: number;
  /** The certificate of the authority that vouches for the servers, in PEM. */
  readonly caFile: string;
  /** Versions like `6.0` that can be started, oldest first. Downloads nothing. */
  versions(): Promise<readonly string[]>;
  /** See `choosePorts` of the provider's own. `mongod-unavailable` where too few are free. */
  choosePorts(first: number, count: number, taken: ReadonlySet<number>): Promise<readonly number[]>;
  isPortFree(port: number): Promise<boolean>;
  /**
   * Makes new servers with these users, in place of what an earlier try left, and resolves once they accept writes.
   * `mongod-unavailable`; then nothing is left of them.
   */
  create(servers: InstanceServers, users: readonly ServerUser[], signal: AbortSignal): Promise<void>;
  /** Starts those members that do not run and resolves once they answer. `mongod-unavailable`, also where their data is not here. */
  start(servers: InstanceServers, signal: AbortSignal): Promise<void>;
  startMember(servers: InstanceServers, index: number, signal: AbortSignal): Promise<void>;
  /** Stops all members; harmless where none runs. */
  stop(servers: Pick<InstanceServers, 'id' | 'ports'>): Promise<void>;
  stopMember(servers: Pick<InstanceServers, 'id'>, index: number): Promise<void>;
  /** Whether each of the members runs. */
  running(servers: Pick<InstanceServers, 'id' | 'ports'>): Promise<readonly boolean[]>;
  /** Which member accepts writes; null where none does. */
  primary(servers: InstanceServers): Promise<number | null>;
  /** Kills what runs and removes the data. Harmless where there is nothing. */
  remove(id: string): Promise<void>;
  /** Bytes that the data of the largest member takes on disk. */
  usedBytes(id: string): Promise<number>;
  /** The logs of one member that are kept, oldest first; the last is written now. */
  logFiles(id: string, index: number): Promise<readonly string[]>;
  /** Lets members whose log is large begin another, and removes what is older than the one before. */
  rotateLogs(servers: Pick<InstanceServers, 'id' | 'ports'>): Promise<void>;
  /** Resolves once one member accepts writes and all others follow it. `mongod-unavailable`. */
  settled(servers: InstanceServers, signal: AbortSignal): Promise<void>;
}

/** What to start. */
export interface InstanceServers {
  /** Of the instance; names the folder of its data. */
  readonly id: string;
  /** `6.0` */
  readonly version: string;
  /** One for each member. */
  readonly ports: readonly number[];
  /** null: a single server. */
  readonly setName: string | null;
  readonly tls: boolean;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A user of the servers who may do everything. */
export interface ServerUser {
  readonly name: string;
  readonly password: string;
}

/** The connection string with which the user reaches the servers. */
export function connectionStringOf(
  servers: InstanceServers,
  provider: Pick<InstanceProvider, 'host' | 'caFile'>,
  user: ServerUser,
): string {
  const query = new URLSearchParams({
    ...(servers.setName === null ? { directConnection: 'true' } : { replicaSet: servers.setName }),
    authSource: 'admin',
    ...(servers.tls ? { tls: 'true', tlsCAFile: provider.caFile } : {}),
  });
  const host = provider.host.includes(':') ? `[${provider.host}]` : provider.host;
  const hosts = servers.ports.map((port) => `${host}:${port}`).join(',');
  return `mongodb://${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@${hosts}/?${query.toString()}`;
}
