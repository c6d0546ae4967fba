import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Instance } from '../../engine/use-cases.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { formatBlankTime } from '../times.ts';
import { ruled } from './instance-call.ts';

const flavor = Type.Object({
  type: Type.String(),
  num: Type.String({ pattern: '^\\d+$' }),
  storage: Type.String(),
  size: Type.String({ pattern: '^\\d+$' }),
  spec_code: Type.String(),
});

const created = Type.Object({
  id: Type.String(),
  name: Type.String(),
  datastore: Type.Object({ type: Type.String(), version: Type.String(), storage_engine: Type.String() }),
  created: Type.String(),
  status: Type.String(),
  region: Type.String(),
  availability_zone: Type.String(),
  vpc_id: Type.String(),
  subnet_id: Type.String(),
  security_group_id: Type.String(),
  port: Type.Integer(),
  disk_encryption_id: Type.String(),
  mode: Type.String(),
  flavor: Type.Array(flavor),
  backup_strategy: Type.Object({
    start_time: Type.String(),
    keep_days: Type.String({ pattern: '^\\d+$' }),
    period: Type.String(),
  }),
  enterprise_project_id: Type.String(),
  ssl_option: Type.String({ pattern: '^[01]$' }),
  job_id: Type.String(),
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
});

const schema = {
  operationId: 'createInstance',
  summary:
    'Create an instance, empty, from a backup or from a point in time of another; its servers run on the machine of Larder',
  tags: ['dds'],
  params: projectParams,
  body: Type.Object({
    name: ruled('4 to 64 characters: a letter first, then letters, digits, hyphens or underscores'),
    datastore: ruled('{type: DDS-Community, version, storage_engine}; not with restore_point'),
    region: ruled('the region of this installation; not with restore_point'),
    availability_zone: ruled('one zone, or three with commas between'),
    vpc_id: ruled('a UUID, kept as it is'),
    subnet_id: ruled('a UUID, kept as it is'),
    security_group_id: ruled('a UUID, kept as it is'),
    port: ruled('2100 to 9500, 27017, 27018 or 27019; 8635 unless given'),
    password: ruled('of rwuser: 8 to 32 characters with capital and small letters, digits and ~!@#%^*-_=+?'),
    disk_encryption_id: ruled('a UUID, kept as it is'),
    mode: ruled('Single or ReplicaSet; not with restore_point'),
    flavor: ruled('one element {type: single or replica, num, size, storage, spec_code}'),
    backup_strategy: ruled('{start_time, keep_days, period}; every night at 00:00-01:00, kept 7 days, unless given'),
    enterprise_project_id: ruled('an id, kept as it is'),
    ssl_option: ruled('"1", TLS only, unless given, or "0", without TLS'),
    tags: ruled('at most 20 of {key, value}'),
    configurations: ruled('one element {type: single or replica, configuration_id}; the defaults unless given'),
    restore_point: ruled(
      '{type: backup, backup_id, instance_id} or {type: timestamp, instance_id, restore_time}: what the new instance holds',
    ),
  }),
  response: { 202: created, ...ddsErrors },
} as const;

/** `POST /v3/{project_id}/instances` */
export const createInstance: Operation = (server, { instances, region }) => {
  server.post('/v3/:project_id/instances', { schema, config: { access: 'project' } }, async (request, reply) => {
    // A client that means to restore collections of an instance sends this here, without saying of which.
    if ('restore_collections' in request.body) throw new LarderError('invalid-instance-id', 'The path must name an instance.');
    const { instance, jobId } = await instances.create(callerOf(request), request.body, { region });
    return reply.code(202).send(createdJson(instance, jobId));
  });
};

/** The types are those that clients insist on: `port` a number, what is counted a text. */
function createdJson(instance: Instance, jobId: string) {
  const { own, backupPolicy } = instance;
  if (own === null) throw new LarderError('internal', 'a created instance is not our own');
  const { sent, servers } = own;
  return {
    id: instance.id,
    name: instance.name,
    datastore: { type: 'DDS-Community', version: servers.version, storage_engine: sent.storageEngine },
    created: formatBlankTime(instance.created),
    status: instance.status,
    region: sent.region,
    availability_zone: sent.availabilityZone,
    vpc_id: sent.vpcId,
    subnet_id: sent.subnetId,
    security_group_id: sent.securityGroupId,
    port: instance.port,
    disk_encryption_id: sent.diskEncryptionId,
    mode: instance.mode,
    flavor: [
      {
        type: sent.flavor.type,
        num: String(sent.flavor.num),
        storage: sent.flavor.storage ?? '',
        size: String(sent.flavor.sizeGb),
        spec_code: sent.flavor.specCode,
      },
    ],
    backup_strategy: {
      start_time: backupPolicy.startTime ?? '',
      keep_days: String(backupPolicy.keepDays),
      period: backupPolicy.period,
    },
    enterprise_project_id: sent.enterpriseProjectId,
    ssl_option: servers.tls ? '1' : '0',
    job_id: jobId,
    tags: [...instance.tags],
  };
}
