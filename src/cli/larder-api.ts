import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Session } from './session.ts';
import type { WireAccessKey, WireBackup, WireBackupDetails, WireInstance, WireJob } from './wire.ts';

/** The calls the command line makes, one function each. All throw CommandError as HttpClient says. */
export interface LarderApi {
  readonly endpoint: string;
  readonly projectId: string;
  adoptInstance(request: { readonly name: string; readonly uri: string }): Promise<{ readonly id: string }>;
  /** All of them, newest first. */
  listInstances(): Promise<readonly WireInstance[]>;
  showInstance(id: string): Promise<WireInstance>;
  /** `POST /v3/{project_id}/backups`, the DDS call itself. */
  createBackup(request: {
    readonly instance_id: string;
    readonly name: string;
    readonly description: string;
  }): Promise<{ readonly job_id: string; readonly backup_id: string }>;
  /** All of them, or all of one instance, newest first. */
  listBackups(instanceId?: string): Promise<readonly WireBackup[]>;
  showBackup(id: string): Promise<WireBackupDetails>;
  deleteBackup(id: string): Promise<{ readonly job_id: string }>;
  /** `POST /v3/{project_id}/instances/recovery`: replaces the data of the backup's own instance. */
  restoreToOriginal(backup: { readonly id: string; readonly instance_id: string }): Promise<{ readonly job_id: string }>;
  restore(request: {
    readonly backup_id: string;
    readonly target_instance_id: string;
    readonly overwrite: boolean;
  }): Promise<{ readonly job_id: string }>;
  showJob(id: string): Promise<WireJob>;
  createAccessKey(): Promise<{ readonly access: string; readonly secret: string }>;
  listAccessKeys(): Promise<readonly WireAccessKey[]>;
  deleteAccessKey(access: string): Promise<void>;
}

/** Rows asked for at a time; the API allows no more. */
const pageSize = 100;

/** The calls as one session may make them. */
export function createLarderApi(session: Session): LarderApi {
  const { endpoint, projectId } = session;
  const own = `/larder/v1/${projectId}`;
  const dds = `/v3/${projectId}`;
  const id = encodeURIComponent;
  const get = async <T>(path: string): Promise<T> => trusted<T>((await session.send({ method: 'GET', path })).json, path);
  const post = async <T>(path: string, body?: unknown): Promise<T> =>
    trusted<T>((await session.send({ method: 'POST', path, ...(body === undefined ? {} : { body }) })).json, path);

  const all = async <Row>(collection: string, field: string, filter = ''): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    for (;;) {
      const page = await get<Record<string, readonly Row[]>>(
        `${own}/${collection}?limit=${pageSize}&offset=${rows.length}${filter}`,
      );
      const next = page[field];
      if (!Array.isArray(next)) throw unexpected(collection);
      rows.push(...next);
      if (next.length < pageSize) return rows;
    }
  };

  return {
    endpoint,
    projectId,
    adoptInstance: (request) => post(`${own}/instances/adopt`, request),
    listInstances: () => all('instances', 'instances'),
    showInstance: (instance) => get(`${own}/instances/${id(instance)}`),
    createBackup: (backup) => post(`${dds}/backups`, { backup }),
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
    showJob: (job) => get(`${own}/jobs/${id(job)}`),
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
