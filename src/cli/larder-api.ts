import { createAccountsApi, type AccountsApi } from './accounts-api.ts';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { WirePart } from './restore-parts.ts';
import { archivesApi, type ArchivesApi } from './archive/archives-api.ts';
import { ownInstancesApi, type OwnInstancesApi } from './own-instances-api.ts';
import { pageSize, readPages } from './read-pages.ts';
import type { Session } from './session.ts';
import { templatesApi, type TemplatesApi } from './templates-api.ts';
import type {
  WireAccessKey,
  WireAuditEntry,
  WireBackup,
  WireBackupDetails,
  WireDrillSchedule,
  WireHistory,
  WireInstance,
  WireJob,
  WirePolicyState,
  WirePreview,
} from './wire.ts';

/** The calls the command line makes, one function each. All throw CommandError as HttpClient says. */
export interface LarderApi {
  readonly endpoint: string;
  readonly projectId: string;
  /** Users, projects and roles. */
  readonly accounts: AccountsApi;
  /** The life of instances that Larder starts itself. */
  readonly ownInstances: OwnInstancesApi;
  /** Parameter templates. */
  readonly templates: TemplatesApi;
  /** Backups as mongodump archives. */
  readonly archives: ArchivesApi;
  adoptInstance(request: {
    readonly name: string;
    readonly uri: string;
    readonly lock?: boolean;
  }): Promise<{ readonly id: string }>;
  /** All of them, newest first. */
  listInstances(): Promise<readonly WireInstance[]>;
  showInstance(id: string): Promise<WireInstance>;
  setInstance(id: string, settings: { readonly rate_mb_per_s?: number | null; readonly lock?: boolean }): Promise<WireInstance>;
  /** `POST /v3/{project_id}/backups`, the DDS call itself; Larder's own where that has no words for what is asked. */
  createBackup(request: {
    readonly instance_id: string;
    readonly name: string;
    readonly description: string;
    readonly lock?: boolean;
    readonly rate_mb_per_s?: number;
  }): Promise<{ readonly job_id: string; readonly backup_id: string }>;
  /** All of them, or all of one instance, newest first. */
  listBackups(instanceId?: string): Promise<readonly WireBackup[]>;
  showBackup(id: string): Promise<WireBackupDetails>;
  deleteBackup(id: string): Promise<{ readonly job_id: string }>;
  /** `POST /v3/{project_id}/instances/recovery`: replaces the data of the backup's own instance. */
  restoreToOriginal(backup: { readonly id: string; readonly instance_id: string }): Promise<{ readonly job_id: string }>;
  restore(request: RestoreBody): Promise<{ readonly job_id: string }>;
  /** The same call with `dry_run`. */
  previewRestore(request: RestoreBody): Promise<WirePreview>;
  /** `POST /larder/v1/{project_id}/drills` */
  drill(request: {
    readonly backup_id?: string;
    readonly instance_id?: string;
    readonly assertions?: readonly unknown[];
  }): Promise<{ readonly job_id: string; readonly backup_id: string }>;
  showDrillSchedule(instanceId: string): Promise<WireDrillSchedule>;
  setDrillSchedule(instanceId: string, schedule: DrillScheduleBody): Promise<WireDrillSchedule>;
  deleteDrillSchedule(instanceId: string): Promise<void>;
  showJob(id: string): Promise<WireJob>;
  /** Returns once the server has taken the wish; the job ends within two seconds. */
  cancelJob(id: string): Promise<{ readonly job_id: string }>;
  /** `DELETE /v3/{project_id}/instances/{instance_id}`. */
  deleteInstance(id: string): Promise<{ readonly job_id: string }>;
  showPolicy(instanceId: string): Promise<WirePolicyState>;
  /** `PUT /v3/{project_id}/instances/{instance_id}/backups/policy`, the DDS call itself. */
  setPolicy(
    instanceId: string,
    policy: { readonly keep_days: number; readonly start_time?: string; readonly period?: string },
  ): Promise<void>;
  /** The newest ones that match, at most `count`. */
  listAudit(count: number, filter: Readonly<Record<string, string>>): Promise<readonly WireAuditEntry[]>;
  /** `GET /larder/v1/{project_id}/instances/{instance_id}/history`: one page. */
  listHistory(instanceId: string, query: Readonly<Record<string, string>>): Promise<WireHistory>;
  createAccessKey(): Promise<{ readonly access: string; readonly secret: string }>;
  listAccessKeys(): Promise<readonly WireAccessKey[]>;
  deleteAccessKey(access: string): Promise<void>;
}

/** `POST /larder/v1/{project_id}/restores` */
export interface RestoreBody {
  /** Or, for a point in time, the other two. */
  readonly backup_id?: string;
  readonly instance_id?: string;
  readonly at?: string;
  readonly target_instance_id: string;
  readonly overwrite: boolean;
  readonly databases?: readonly WirePart[];
  readonly collections?: readonly WirePart[];
  readonly users?: boolean;
}

/** `PUT /larder/v1/{project_id}/instances/{instance_id}/drill-schedule` */
export interface DrillScheduleBody {
  readonly every_days: number;
  readonly start_time?: string;
  readonly proof_days?: number;
  readonly assertions?: readonly unknown[];
}

/** Rows asked for at a time; the API allows no more. */

/** The calls as one session may make them. */
export function createLarderApi(session: Session): LarderApi {
  const { endpoint, projectId } = session;
  const own = `/larder/v1/${projectId}`;
  const dds = `/v3/${projectId}`;
  const id = encodeURIComponent;
  const get = async <T>(path: string): Promise<T> => trusted<T>((await session.send({ method: 'GET', path })).json, path);
  const post = async <T>(path: string, body?: unknown): Promise<T> =>
    trusted<T>((await session.send({ method: 'POST', path, ...(body === undefined ? {} : { body }) })).json, path);

  const all = <Row>(collection: string, field: string, filter = ''): Promise<readonly Row[]> =>
    readPages(async (query) => {
      const { [field]: rows } = await get<Record<string, readonly Row[]>>(`${own}/${collection}?${query}${filter}`);
      if (!Array.isArray(rows)) throw unexpected(collection);
      return rows as readonly Row[];
    });

  return {
    endpoint,
    projectId,
    accounts: createAccountsApi(session),
    ownInstances: ownInstancesApi(session),
    templates: templatesApi(session),
    archives: archivesApi(session),
    adoptInstance: (request) => post(`${own}/instances/adopt`, request),
    listInstances: () => all('instances', 'instances'),
    showInstance: (instance) => get(`${own}/instances/${id(instance)}`),
    createBackup: (backup) =>
      backup.lock === undefined && backup.rate_mb_per_s === undefined
        ? post(`${dds}/backups`, { backup })
        : post(`${own}/backups`, backup),
    setInstance: async (instance, body) => {
      const path = `${own}/instances/${id(instance)}`;
      return trusted((await session.send({ method: 'PATCH', path, body })).json, path);
    },
    listBackups: (instance) => all('backups', 'backups', instance === undefined ? '' : `&instance_id=${id(instance)}`),
    showBackup: (backup) => get(`${own}/backups/${id(backup)}`),
    deleteBackup: async (backup) => {
      const path = `${dds}/backups/${id(backup)}`;
      return trusted((await session.send({ method: 'DELETE', path })).json, path);
    },
    restoreToOriginal: (backup) =>
      post(`${dds}/instances/recovery`, {
        source: { instance_id: backup.instance_id, type: 'backup', backup_id: backup.id },
        target: { instance_id: backup.instance_id },
      }),
    restore: (request) => post(`${own}/restores`, request),
    previewRestore: (request) => post(`${own}/restores`, { ...request, dry_run: true }),
    drill: (request) => post(`${own}/drills`, request),
    showDrillSchedule: (instance) => get(`${own}/instances/${id(instance)}/drill-schedule`),
    setDrillSchedule: async (instance, body) => {
      const path = `${own}/instances/${id(instance)}/drill-schedule`;
      return trusted((await session.send({ method: 'PUT', path, body })).json, path);
    },
    deleteDrillSchedule: async (instance) => {
      await session.send({ method: 'DELETE', path: `${own}/instances/${id(instance)}/drill-schedule` });
    },
    showJob: (job) => get(`${own}/jobs/${id(job)}`),
    cancelJob: (job) => post(`${own}/jobs/${id(job)}/cancel`, {}),
    deleteInstance: async (instance) => {
      const path = `${dds}/instances/${id(instance)}`;
      return trusted((await session.send({ method: 'DELETE', path })).json, path);
    },
    showPolicy: (instance) => get(`${own}/instances/${id(instance)}/policy`),
    setPolicy: async (instance, policy) => {
      const path = `${dds}/instances/${id(instance)}/backups/policy`;
      await session.send({ method: 'PUT', path, body: { backup_policy: policy } });
    },
    listAudit: async (count, filter) => {
      const entries: WireAuditEntry[] = [];
      for (;;) {
        // By marker: new entries come all the time, and this call itself may have made one.
        const marker: Readonly<Record<string, string>> = entries.length === 0 ? {} : { marker: entries.at(-1)!.id };
        const limit = Math.min(pageSize, count - entries.length);
        const query = new URLSearchParams({ ...filter, ...marker, limit: String(limit) });
        const page = await get<{ readonly entries: readonly WireAuditEntry[] }>(`${own}/audit?${query.toString()}`);
        entries.push(...page.entries);
        if (page.entries.length < limit || entries.length >= count) return entries;
      }
    },
    listHistory: (instance, query) => get(`${own}/instances/${id(instance)}/history?${new URLSearchParams(query).toString()}`),
    createAccessKey: () => post(`${own}/access-keys`, {}),
    listAccessKeys: async () => (await get<{ readonly access_keys: readonly WireAccessKey[] }>(`${own}/access-keys`)).access_keys,
    deleteAccessKey: async (access) => {
      await session.send({ method: 'DELETE', path: `${own}/access-keys/${id(access)}` });
    },
  };
}

/** The shape inside is the server's promise (its schemas are tested against these types); only "an object at all" is checked here. */
function trusted<T>(json: unknown, path: string): T {
  if (typeof json !== 'object' || json === null) throw unexpected(path);
  return json as T;
}

function unexpected(path: string): CommandError {
  return new CommandError('not-larder', exitCodes.unreachable, `The server's answer to ${path} is not of the form expected.`);
}
