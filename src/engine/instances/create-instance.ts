import { randomBytes } from 'node:crypto';
import { nodeTypeOf } from '../../core/configuration-rules.ts';
import { LarderError } from '../../core/errors.ts';
import { memberCount, readInstanceOrder, type InstanceOrder } from '../../core/instance-order.ts';
import { defaultPort } from '../../core/instance-rules.ts';
import { wholeBackup } from '../../core/restore-selection.ts';
import type { OwnInstance } from '../../core/own-instance.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import { redactConnectionString } from '../../lib/redact.ts';
import { connectionStringOf, type InstanceServers } from '../../provider/instance-provider.ts';
import { findFittingConfiguration } from '../configurations/find-configuration.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { instanceOf, type InstanceRow } from '../instance-from-row.ts';
import { instanceNodes } from '../instance-nodes.ts';
import { instanceRecord } from '../instance-record.ts';
import { newId } from '../new-id.ts';
import { putRecord } from '../records.ts';
import { lockOrigins, type FoundOrigin } from '../restore-origin.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import { newJobId, startJob } from '../start-job.ts';
import type { RestoreLeg } from '../tasks.ts';
import type { Caller, Instance } from '../use-cases.ts';
import { ownInstanceRows } from './own-rows.ts';
import { ownSetName, serviceUserName } from './own-servers.ts';
import { readRestorePoint, type RestorePoint } from './restore-point.ts';

/** What the job of a new instance wants to know besides its row. */
export interface CreateInstanceRequest {
  /** null: the administrator's password is known to nobody, or that of the backup. */
  readonly sealedPassword: string | null;
  /** What it is to hold; absent where it is made empty, and once that is there. */
  readonly legs?: readonly RestoreLeg[];
}

/** What clients see as the job's name. */
const jobNames = {
  created: { Single: 'CreateMongoDBReplicaSingle', ReplicaSet: 'CreateMongoDBReplica' },
  restored: { Single: 'RestoreMongoDB_Replica_Single', ReplicaSet: 'RestoreMongoDB_Replica' },
  replayed: { Single: 'RestoreMongoDB_Replica_Single', ReplicaSet: 'RestoreMongoDB_Replica_PITR' },
} as const;

export type CreateInstance = (
  caller: Caller,
  body: unknown,
  options: { readonly region: string },
) => Promise<{ readonly instance: Instance; readonly jobId: string }>;

/** Instances.create. One at a time as far as ports go, so that no two are given the same. */
export function instanceCreator(deps: EngineDeps): CreateInstance {
  let last: Promise<unknown> = Promise.resolve();
  return async (caller, body, { region }) => {
    const restored = await readRestorePoint(deps, caller, body);
    const versions = await deps.provider.versions();
    if (restored !== null && !versions.includes(restored.source.version)) {
      throw new LarderError(
        'invalid-engine-version',
        `The backup is of version ${restored.source.version}; this server can start these versions: ${versions.join(', ')}.`,
      );
    }
    const order = readInstanceOrder(body, { region, versions, source: restored?.source ?? null });
    const parameters = await readParameters(deps, caller, order, restored);
    const create = (): ReturnType<CreateInstance> => place(deps, caller, order, { origin: restored?.origin ?? null, parameters });
    const made = last.then(create, create);
    last = made.catch(() => undefined);
    return made;
  };
}

async function place(
  deps: EngineDeps,
  caller: Caller,
  order: InstanceOrder,
  { origin, parameters }: { readonly origin: FoundOrigin | null; readonly parameters: ParameterValues },
): Promise<{ readonly instance: Instance; readonly jobId: string }> {
  const { provider, catalog, repository } = deps;
  const others = await ownInstanceRows(deps);
  if (others.length >= provider.mostInstances) {
    throw new LarderError('too-many-instances', `This server runs at most ${provider.mostInstances} instances of its own.`);
  }
  const taken = new Set(others.flatMap(({ own }) => own.servers.ports));
  const ports = await provider.choosePorts(order.port ?? defaultPort, memberCount(order), taken);

  const id = newId('instance');
  const own: OwnInstance = {
    servers: {
      place: provider.place,
      version: order.version,
      ports,
      tls: order.tls,
      parameters,
      configurationId: order.configurationId,
    },
    sent: order.sent,
  };
  const row = newRow(deps, caller, { id, order, own });
  const jobId = newJobId();
  const request: CreateInstanceRequest = {
    sealedPassword: order.password === null ? null : repository.sealSecret(order.password, sealedContexts.administrator(jobId)),
  };
  await putRecord(repository, 'instance', id, instanceRecord(row));
  await putRecord(repository, 'policy', id, order.policy);
  await catalog.db.transaction().execute(async (trx) => {
    const ways = origin === null ? [] : await lockOrigins(trx, caller.projectId, [origin]);
    const legs = ways.map((way) => ({ ...way, selection: wholeBackup }));
    await trx
      .insertInto('instances')
      .values({
        ...row,
        action_job_id: jobId,
        nodes: JSON.stringify(row.nodes),
        own: JSON.stringify(row.own),
        tags: JSON.stringify(row.tags),
      })
      .execute();
    await trx
      .insertInto('backup_policies')
      .values({
        instance_id: id,
        keep_days: order.policy.keepDays,
        start_time: order.policy.startTime,
        period: order.policy.period,
        revision: 1,
        first_due: order.policy.keepDays > 0,
        settled_until: deps.clock.now(),
        trouble: null,
      })
      .execute();
    const name = jobNames[origin === null ? 'created' : origin.pointInTime === null ? 'restored' : 'replayed'][order.mode];
    await startJob(deps, trx, {
      id: jobId,
      projectId: caller.projectId,
      kind: 'create-instance',
      name,
      instance: row,
      backupId: origin?.backup.id ?? null,
      request: (legs.length === 0 ? request : { ...request, legs }) satisfies CreateInstanceRequest,
      now: row.created,
    });
  });
  deps.log.info({ instanceId: id, jobId, mode: order.mode, ports, by: caller.userName }, 'instance ordered');
  return { instance: await instanceOf(deps, row), jobId };
}

/** Of the template that is named, else of the deleted instance that comes back, else none. */
async function readParameters(
  deps: EngineDeps,
  caller: Caller,
  { configurationId, version, mode }: InstanceOrder,
  restored: RestorePoint | null,
): Promise<ParameterValues> {
  if (configurationId === null) return restored?.parameters ?? {};
  const kind = { version, nodeType: nodeTypeOf(mode) };
  return (await findFittingConfiguration(deps.catalog.db, caller.projectId, configurationId, kind)).values;
}

function newRow(
  deps: EngineDeps,
  caller: Caller,
  { id, order, own }: { readonly id: string; readonly order: InstanceOrder; readonly own: OwnInstance },
): InstanceRow {
  const { provider, repository, clock } = deps;
  const now = clock.now();
  const { ports, tls, version, parameters } = own.servers;
  const setName = order.mode === 'Single' ? null : ownSetName;
  const servers: InstanceServers = { id, version, ports, setName, tls, parameters };
  const uri = connectionStringOf(servers, provider, { name: serviceUserName, password: randomBytes(18).toString('hex') });
  const nodes = ports.map((port) => ({ host: provider.host, port, role: 'unknown' as const, healthy: true }));
  return {
    id,
    project_id: caller.projectId,
    name: order.name,
    mode: order.mode,
    status: 'creating',
    action: 'CREATE',
    action_job_id: null,
    sealed_uri: repository.sealSecret(uri, sealedContexts.instanceUri(id)),
    address: redactConnectionString(uri),
    server_version: version,
    set_name: setName,
    tls,
    nodes: instanceNodes(id, order.name, nodes, own),
    holds_user_data: false,
    rate_mb_per_s: null,
    lock: false,
    own,
    tags: order.tags,
    probed: now,
    created: now,
    updated: now,
  };
}
