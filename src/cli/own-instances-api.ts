import type { Session } from './session.ts';
import type { WireParameter } from './templates-api.ts';

export interface WireRecycled {
  readonly id: string;
  readonly name: string;
  readonly mode: string;
  readonly datastore: { readonly version: string };
  readonly backup_id: string;
  readonly deleted_at: string;
  readonly retained_until: string;
}

type Job = { readonly job_id: string };

/** The DDS calls about the life of instances that Larder starts itself. All throw CommandError as HttpClient says. */
export interface OwnInstancesApi {
  /** The region of the installation. */
  region(): Promise<string>;
  /** Those that can be created, oldest first. */
  versions(): Promise<readonly string[]>;
  create(order: object): Promise<Job & { readonly id: string; readonly port: number }>;
  restart(id: string): Promise<Job>;
  switchOver(id: string): Promise<Job>;
  setTls(id: string, on: boolean): Promise<Job>;
  setPort(id: string, port: string): Promise<Job>;
  rename(id: string, name: string): Promise<void>;
  resetPassword(id: string, user: string, password: string): Promise<void>;
  parameters(id: string): Promise<readonly WireParameter[]>;
  setParameters(id: string, values: Readonly<Record<string, string>>): Promise<Job & { readonly restart_required: boolean }>;
  recycled(): Promise<readonly WireRecycled[]>;
}

export function ownInstancesApi(session: Session): OwnInstancesApi {
  const dds = `/v3/${session.projectId}`;
  const send = async <T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<T> =>
    (await session.send({ method, path, ...(body === undefined ? {} : { body }) })).json as T;
  const instance = (id: string): string => `${dds}/instances/${encodeURIComponent(id)}`;
  return {
    async region() {
      const { catalog } = await send<{ catalog: readonly { endpoints: readonly { region: string }[] }[] }>(
        'GET',
        '/v3/auth/catalog',
      );
      return catalog[0]?.endpoints[0]?.region ?? '';
    },
    versions: async () =>
      (await send<{ versions: readonly string[] }>('GET', `${dds}/datastores/DDS-Community/versions`)).versions,
    create: (order) => send('POST', `${dds}/instances`, order),
    restart: (id) => send('POST', `${instance(id)}/restart`, {}),
    switchOver: (id) => send('POST', `${instance(id)}/switchover`, {}),
    setTls: (id, on) => send('POST', `${instance(id)}/switch-ssl`, { ssl_option: on ? '1' : '0' }),
    setPort: (id, port) => send('POST', `${instance(id)}/modify-port`, { port }),
    rename: (id, name) => send('PUT', `${instance(id)}/modify-name`, { new_instance_name: name }),
    resetPassword: (id, user, password) => send('PUT', `${instance(id)}/reset-password`, { user_name: user, user_pwd: password }),
    parameters: async (id) =>
      (
        await send<{ parameters: readonly WireParameter[] }>(
          'GET',
          `${instance(id)}/configurations?entity_id=${encodeURIComponent(id)}`,
        )
      ).parameters,
    setParameters: (id, values) => send('PUT', `${instance(id)}/configurations`, { entity_id: id, parameter_values: values }),
    recycled: async () =>
      (await send<{ instances: readonly WireRecycled[] }>('GET', `${dds}/recycle-instances?limit=100`)).instances,
  };
}
