import type { Readable } from 'node:stream';
import type { LogStream, LogType, Tag } from '../../core/own-instance.ts';
import type { Configurations } from '../configurations/configurations.ts';
import type { Caller, Instance, InstanceNode, Page, Rows } from '../use-cases.ts';
import type { LogLink, LogLinksQuery } from './log-downloads.ts';
import type { LogEntry, LogQuery, SlowOperation } from './server-logs.ts';
import type { ConnectionStatistics, DatabaseSession, SessionFilter } from './sessions.ts';
import type { RecycledInstance } from './recycle-bin.ts';
import type { SettledChange } from './begin-change.ts';

/**
 * What can be done with an instance besides backing it up. Of one that Larder only adopted, what its servers themselves can do works; what
 * would mean to start, stop or reconfigure them is `operation-illegal`. As for UseCases: every call may throw LarderError with the codes
 * named at it, and then has changed nothing; what is acknowledged is in the repository too.
 */
export interface Instances {
  /** What their servers are set to. */
  readonly configurations: Configurations;
  /**
   * Orders an instance; the body is that of the DDS call. It is in the list, `creating`, when this resolves; the job makes it `normal` or
   * `createfail`. The codes are those of `readInstanceOrder` and `readRestorePoint`, and too-many-instances, mongod-unavailable (no port).
   */
  create(
    caller: Caller,
    body: unknown,
    options: { readonly region: string },
  ): Promise<{ readonly instance: Instance; readonly jobId: string }>;
  /**
   * Begins one change. invalid-instance-id, instance-not-found, operation-illegal, unsupported-operation, the codes of the change's own
   * values (port-unchanged, port-taken, volume-too-small, invalid-spec, spec-mismatch, node-not-found, address-bound, address-not-bound),
   * instance-busy, instance-not-ready. In that order.
   */
  change(caller: Caller, instanceId: string, change: SettledChange): Promise<{ readonly jobId: string }>;
  /** invalid-instance-id, invalid-instance-name, instance-not-found, instance-not-ready (it is being made, or could not be). */
  rename(caller: Caller, instanceId: string, name: string): Promise<void>;
  /** invalid-instance-id, invalid-db-user, the codes of `checkPassword`, instance-not-found, operation-illegal, instance-busy, instance-not-ready, db-user-not-found. */
  resetPassword(
    caller: Caller,
    instanceId: string,
    request: { readonly user: string; readonly password: string; readonly db: string },
  ): Promise<void>;
  /** Keeps what has no meaning here. invalid-instance-id, instance-not-found, operation-illegal, unsupported-operation (networks of a single server). */
  keepSettings(
    caller: Caller,
    instanceId: string,
    settings: { readonly maintenanceWindow?: string; readonly clientNetworks?: readonly string[] },
  ): Promise<void>;
  /** The instance that has the node, and the node. node-not-found. */
  findNode(caller: Caller, nodeId: string): Promise<{ readonly instanceId: string; readonly node: InstanceNode }>;
  /** What a node does at this moment, the longest first. node-not-found, instance-unreachable. */
  listSessions(caller: Caller, nodeId: string, filter: SessionFilter): Promise<Rows<DatabaseSession>>;
  /** node-not-found, invalid-session (one of them is not there any more; then none is ended), instance-unreachable. */
  killSessions(caller: Caller, nodeId: string, ids: readonly string[]): Promise<void>;
  /** Of the node, or of the primary where it is null. invalid-instance-id, instance-not-found, node-not-found, instance-unreachable. */
  countConnections(caller: Caller, instanceId: string, nodeId: string | null): Promise<ConnectionStatistics>;
  /** From the servers' own logs, newest first, at most 2000. invalid-instance-id, instance-not-found, operation-illegal, node-not-found. */
  listSlowOperations(caller: Caller, instanceId: string, query: LogQuery): Promise<Rows<SlowOperation>>;
  /** Warnings and errors, in the same way. */
  listLogEntries(caller: Caller, instanceId: string, query: LogQuery): Promise<Rows<LogEntry>>;
  /** Links to the kept logs of the servers. invalid-instance-id, instance-not-found, operation-illegal, node-not-found. */
  createLogLinks(caller: Caller, instanceId: string, query: LogLinksQuery): Promise<readonly LogLink[]>;
  /** What such a link leads to, whoever has it. route-not-found (no such name), forbidden, instance-not-found, node-not-found, operation-illegal. */
  downloadLog(projectId: string, fileName: string, token: string): Promise<Readable>;
  /**
   * Keeps where logs were to go; there is no log service, and nothing goes there. All or none. malformed-request, invalid-instance-id,
   * instance-not-found, operation-illegal, instance-not-ready.
   */
  setLogStreams(caller: Caller, streams: readonly (LogStream & { readonly instanceId: string })[]): Promise<void>;
  removeLogStreams(caller: Caller, streams: readonly { readonly instanceId: string; readonly logType: LogType }[]): Promise<void>;
  /** Deleted instances that can come back, the last deleted first. */
  listRecycled(caller: Caller, page: Pick<Page, 'offset' | 'limit'>): Promise<Rows<RecycledInstance>>;
  /** For how many days those deleted from now on can. */
  recycleDays(caller: Caller): Promise<number>;
  /** 1 to 7. */
  setRecycleDays(caller: Caller, days: number): Promise<void>;
  /** Versions like `6.0` of which instances can be created, oldest first. */
  versions(): Promise<readonly string[]>;
  /** Bytes that the data of these instances takes on disk; 0 for those that run elsewhere. */
  usedBytes(instances: readonly Instance[]): Promise<ReadonlyMap<string, number>>;
  /** Adds or overwrites by key. invalid-instance-id, the codes of `checkTags`, instance-not-found, too-many-tags. */
  addTags(caller: Caller, instanceId: string, tags: readonly Tag[]): Promise<void>;
  /** Removes by key, or by key and value; what is not there is no error. invalid-instance-id, instance-not-found. */
  removeTags(
    caller: Caller,
    instanceId: string,
    tags: readonly { readonly key: string; readonly value: string | null }[],
  ): Promise<void>;
  /** Nothing, where there is the instance. invalid-instance-id, instance-not-found. */
  requireInstance(caller: Caller, instanceId: string): Promise<void>;
  /** invalid-instance-id, instance-not-found. */
  listTags(caller: Caller, instanceId: string): Promise<readonly Tag[]>;
  /** Every key in use in the project, with its values. */
  listProjectTags(caller: Caller): Promise<readonly { readonly key: string; readonly values: readonly string[] }[]>;
  /** Instances that have all of the tags (of several values of one key, any) and match, newest first. */
  findByTags(caller: Caller, filter: TagFilter): Promise<Rows<Pick<Instance, 'id' | 'name' | 'tags'>>>;
}

export interface TagFilter {
  readonly tags: readonly { readonly key: string; readonly values: readonly string[] }[];
  readonly instanceId?: string;
  readonly instanceName?: string;
  readonly offset: number;
  readonly limit: number;
}
