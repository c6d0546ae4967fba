/**
 * Use cases and identity in memory, for tests of the translation alone: what the API makes of requests, answers and errors. What
 * the product does is proved elsewhere, with real servers.
 */
import { readDrillSchedule, type DrillSchedule } from '../../src/core/drill-schedule.ts';
import { LarderError } from '../../src/core/errors.ts';
import { changedPolicy, checkIncremental, noPolicy } from '../../src/core/policy.ts';
import type { Audit } from '../../src/engine/audit.ts';
import type { Archives } from '../../src/engine/export/archives.ts';
import type { Instances } from '../../src/engine/instances/instances.ts';
import type { Directory } from '../../src/engine/directory.ts';
import type { Backup, BackupFilter, Caller, Identity, Job, RestoreRequest, Scope, UseCases } from '../../src/engine/use-cases.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { createFakeArchives } from './fake-archives.ts';
import {
  accessKey,
  fakeDetails,
  fakeInstance,
  fakeProgress,
  instanceId,
  noProof,
  projectId,
  projects,
  user,
} from './fake-facts.ts';
import { createFakeIdentity } from './fake-identity.ts';

export { accessKey, instanceId, otherProjectId, password, projectId } from './fake-facts.ts';

export interface FakeStack {
  readonly useCases: UseCases;
  readonly identity: Identity;
  readonly instances: Instances;
  readonly directory: Directory;
  readonly audit: Audit;
  readonly archives: Archives;
  /** What was audited. */
  readonly audited: Parameters<Audit['record']>[0][];
  readonly clock: Clock;
  readonly region: string;
  readonly version: string;
  /** Every call that reached a use case, with its arguments. */
  readonly calls: { readonly name: string; readonly request: unknown }[];
  /** The next call of this use case throws this. */
  failNext(name: keyof UseCases, error: Error): void;
  /** A token of the given scope, good for a day of the clock. */
  token(scope?: Scope): string;
  /** Moves the clock. */
  moveTo(date: Date): void;
}

export function createFakeStack(): FakeStack {
  let now = new Date('2026-11-23T09:38:10.123Z');
  const clock: Clock = { now: () => now };
  const calls: { name: string; request: unknown }[] = [];
  const failures = new Map<string, Error>();
  const backups: Backup[] = [];
  const jobs = new Map<string, Job>();
  const instance = fakeInstance(now);
  let policy = noPolicy;
  let drillSchedule: DrillSchedule | null = null;
  let serial = 0;

  const called = (name: keyof UseCases, request: unknown): void => {
    calls.push({ name, request });
    const failure = failures.get(name);
    failures.delete(name);
    if (failure !== undefined) throw failure;
  };
  const addJob = (name: string, backupId: string | null, status: Job['status'] = 'Completed'): { jobId: string } => {
    const jobId = `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`;
    const ended = status === 'Running' ? null : now;
    const progress = status === 'Running' ? fakeProgress : null;
    jobs.set(jobId, {
      id: jobId,
      name,
      status,
      created: now,
      ended,
      progress,
      instanceId,
      instanceName: instance.name,
      backupId,
      failReason: null,
      result: null,
    });
    return { jobId };
  };

  const useCases: UseCases = {
    async createBackup(caller, request) {
      called('createBackup', { caller, ...request });
      if (request.instanceId !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      if (backups.some(({ name }) => name === request.name)) throw new LarderError('backup-name-taken', 'The name is taken.');
      const id = `${String(++serial).padStart(32, '0')}br02`;
      const common = {
        instanceName: instance.name,
        instanceMode: 'ReplicaSet',
        datastoreVersion: '6.0',
        type: 'Manual',
      } as const;
      backups.unshift({
        id,
        ...request,
        ...common,
        status: 'COMPLETED',
        beginTime: now,
        endTime: now,
        sizeBytes: 1025,
        instanceStatus: 'normal',
        instanceRestoring: false,
        deletable: true,
        proof: null,
      });
      return { ...addJob('MongodbSnapshotBackup', id, request.name === 'still-running' ? 'Running' : 'Completed'), backupId: id };
    },
    async deleteBackup(caller, backupId) {
      called('deleteBackup', { caller, backupId });
      const at = backups.findIndex(({ id }) => id === backupId);
      if (at < 0) throw new LarderError('backup-not-found', 'There is no such backup.');
      backups.splice(at, 1);
      return addJob('MongodbDeleteBackup', backupId);
    },
    async deleteBackups(caller, backupIds) {
      called('deleteBackups', { caller, backupIds });
      const jobs = [];
      for (const id of backupIds) jobs.push((await useCases.deleteBackup(caller, id)).jobId);
      return { jobIds: jobs };
    },
    async stopBackup(caller, backupId) {
      called('stopBackup', { caller, backupId });
      const job = [...jobs.values()].find((one) => one.backupId === backupId);
      if (job === undefined) throw new LarderError('backup-not-found', 'There is no such backup.');
      if (job.status !== 'Running') throw new LarderError('operation-illegal', 'The backup is not being made.');
      return { jobId: job.id };
    },
    async listBackups(caller, filter: BackupFilter) {
      called('listBackups', { caller, ...filter });
      const { backupId, instanceId: ofInstance, type, mode, begin, end } = filter;
      if (backupId !== undefined && !backups.some(({ id }) => id === backupId))
        throw new LarderError('backup-not-found', 'No such backup.');
      const rows = backups.filter(
        (backup) =>
          (backupId === undefined || backup.id === backupId) &&
          (ofInstance === undefined || backup.instanceId === ofInstance) &&
          (type === undefined || backup.type === type) &&
          (mode === undefined || backup.instanceMode === mode) &&
          (begin === undefined || backup.beginTime >= begin) &&
          (end === undefined || backup.beginTime <= end),
      );
      return { rows: rows.slice(filter.offset, filter.offset + filter.limit), total: rows.length };
    },
    async showBackup(caller, backupId) {
      called('showBackup', { caller, backupId });
      const backup = backups.find(({ id }) => id === backupId);
      if (backup === undefined) throw new LarderError('backup-not-found', 'There is no such backup.');
      return { ...backup, ...fakeDetails };
    },
    async getJob(caller, jobId) {
      called('getJob', { caller, jobId });
      const job = jobs.get(jobId);
      if (job === undefined) throw new LarderError('job-not-found', 'There is no such job.');
      return job;
    },
    async listJobs(caller, filter) {
      called('listJobs', { caller, ...filter });
      const rows = [...jobs.values()].filter(({ id }) => filter.id === undefined || id === filter.id).toReversed();
      return { rows: rows.slice(filter.offset, filter.offset + filter.limit), total: rows.length };
    },
    async cancelJob(caller, jobId) {
      called('cancelJob', { caller, jobId });
      const job = jobs.get(jobId);
      if (job === undefined) throw new LarderError('job-not-found', 'There is no such job.');
      if (job.status !== 'Running') throw new LarderError('operation-illegal', 'The job has ended already.');
    },
    async listInstances(caller, filter) {
      called('listInstances', { caller, ...filter });
      const other = (filter.id ?? instanceId) !== instanceId || [filter.vpcId, filter.subnetId, filter.tags].some(Boolean);
      const rows = other ? [] : [instance];
      return { rows: rows.map((row) => ({ ...row, backupPolicy: policy })), total: rows.length };
    },
    async countInstances(caller) {
      called('countInstances', { caller });
      return { Single: 0, ReplicaSet: 1, Sharding: 0 };
    },
    async showInstance(caller, id) {
      called('showInstance', { caller, id });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return instance;
    },
    async setInstance(caller, id, settings) {
      called('setInstance', { caller, id, ...settings });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return { ...instance, ...settings };
    },
    async adoptInstance(caller, request) {
      called('adoptInstance', { caller, ...request });
      return { id: instanceId };
    },
    async restore(caller, request: RestoreRequest) {
      called('restore', { caller, ...request });
      if ('moment' in request) return addJob('MongodbRestoreData2CurrentInstance', null);
      if (!backups.some(({ id }) => id === request.backupId))
        throw new LarderError('backup-not-found', 'There is no such backup.');
      return addJob('MongodbRestoreData2CurrentInstance', request.backupId);
    },
    async restoreCollections(caller, request) {
      called('restoreCollections', { caller, ...request });
      if (request.instanceId !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return addJob('MongodbRestoreTable', null);
    },
    async deleteInstance(caller, id) {
      called('deleteInstance', { caller, id });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return addJob('DeleteMongoDBInstance', null);
    },
    async listHistory(caller, id, query) {
      called('listHistory', { caller, id, query });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      const at = { t: 1_795_600_000, i: 3 };
      const usual = { until: null, otherNs: null, count: null, inTransaction: false, change: null };
      const dropped = { kind: 'collection-dropped', at, before: { t: at.t, i: 2 }, restorable: true, ns: 'shop.orders' } as const;
      const next = { timeline: 1, after: at, uuids: ['a'.repeat(32)] };
      return { events: [{ ...dropped, ...usual }], next: query.marker === null ? next : null, entries: 12 };
    },
    async listRestoreTimes(caller, id) {
      called('listRestoreTimes', { caller, id });
      return [{ start: new Date('2026-11-22T23:00:00Z'), end: new Date('2026-11-23T01:00:00Z') }];
    },
    async listRestorableDatabases(caller, query) {
      called('listRestorableDatabases', { caller, ...query });
      return { rows: ['shop'], total: 3 };
    },
    async listRestorableCollections(caller, query) {
      called('listRestorableCollections', { caller, ...query });
      if (query.db !== 'shop') throw new LarderError('database-not-found', 'There is no such database.');
      return { rows: ['orders'], total: 4 };
    },
    async showPolicy(caller, id) {
      called('showPolicy', { caller, id });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return { ...policy, incremental: policy.keepDays > 0, nextWindow: null, firstBackupDue: false, trouble: null, windows: [] };
    },
    async setPolicy(caller, id, request) {
      called('setPolicy', { caller, id, request });
      const changed = changedPolicy(policy, request);
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      checkIncremental(request, changed, true);
      policy = changed;
    },
    async drill(caller, request) {
      called('drill', { caller, ...request });
      const backupId = 'backupId' in request.of ? request.of.backupId : backups[0]?.id;
      if (!backups.some(({ id }) => id === backupId)) throw new LarderError('backup-not-found', 'There is no such backup.');
      return { ...addJob('LarderDrillBackup', backupId!), backupId: backupId! };
    },
    async showDrillSchedule(caller, id) {
      called('showDrillSchedule', { caller, id });
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      return { schedule: drillSchedule, lastBegun: null, lastJobId: null, trouble: null, proof: noProof };
    },
    async setDrillSchedule(caller, id, request) {
      called('setDrillSchedule', { caller, id, request });
      const changed = request === null ? null : readDrillSchedule(request);
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
      drillSchedule = changed;
    },
    async previewRestore(caller, request) {
      called('previewRestore', { caller, ...request });
      return {
        arrivals: [
          {
            from: 'shop.orders',
            name: 'shop.orders',
            kind: 'collection',
            documents: 10,
            bytes: 1025,
            indexes: ['n_1'],
            swapped: true,
            overwrites: { name: 'shop.orders', documents: 9, bytes: 900 },
          },
        ],
        drops: [],
        users: request.selection?.users ?? true,
        documents: 10,
        bytes: 1025,
        expected: { seconds: 3.5, bytesPerSecond: 300, basis: 'others', samples: 2 },
        replay: 'moment' in request ? { entries: 70, bytes: 9000, writes: 50 } : null,
        notes: [],
      };
    },
    async createAccessKey(caller) {
      called('createAccessKey', { caller });
      return accessKey;
    },
    async listAccessKeys(caller) {
      called('listAccessKeys', { caller });
      return [{ access: accessKey.access, created: now }];
    },
    async deleteAccessKey(caller, access) {
      called('deleteAccessKey', { caller, access });
      if (access !== accessKey.access) throw new LarderError('access-key-not-found', 'There is no such access key.');
    },
  };

  const { identity, issue } = createFakeIdentity(clock, calls);

  // Users, projects and roles are tested with the real ones; here they are only what calls about projects show.
  const directory = {
    listProjects: async (_domainId: string, { name }: { readonly name?: string } = {}) => identity.listProjects(user.id, name),
    async showProject(_domainId: string, id: string) {
      const project = projects.find((one) => one.id === id);
      if (project === undefined) throw new LarderError('project-not-found', 'There is no such project.');
      return project;
    },
  } as unknown as Directory;

  // Instances of our own are tested with real servers.
  const instances = {
    usedBytes: async () => new Map(),
    versions: async () => ['6.0'],
    requireInstance: async (_caller: Caller, id: string) => {
      if (id !== instanceId) throw new LarderError('instance-not-found', 'There is no such instance.');
    },
  } as unknown as Instances;

  const audited: Parameters<Audit['record']>[0][] = [];
  const audit: Audit = {
    async record(entry) {
      audited.push(entry);
    },
    async list() {
      return { rows: [], total: 0 };
    },
  };

  const archives = createFakeArchives(clock, calls, backups);

  return {
    useCases,
    identity,
    instances,
    directory,
    audit,
    archives,
    audited,
    clock,
    region: 'eu-de',
    version: '0.1.0',
    calls,
    failNext: (name, error) => void failures.set(name, error),
    token: (scope = { kind: 'project', project: { id: projectId } }) => issue(scope, ['password']).token,
    moveTo: (date) => {
      now = date;
    },
  };
}
