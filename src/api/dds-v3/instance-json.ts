import { zoneOf } from '../../core/availability-zone.ts';
import { Type, type Static } from 'typebox';
import type { Instance, InstanceMode } from '../../engine/use-cases.ts';
import { formatPlainTime } from '../times.ts';

const nodeSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  status: Type.String(),
  role: Type.String(),
  private_ip: Type.String(),
  public_ip: Type.String(),
  spec_code: Type.String(),
  availability_zone: Type.String(),
});

const groupSchema = Type.Object({
  type: Type.String(),
  id: Type.String(),
  name: Type.String(),
  status: Type.String(),
  volume: Type.Object({ size: Type.String(), used: Type.String() }),
  nodes: Type.Array(nodeSchema),
});

const plainTime = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$' });

/** The types are those that clients insist on: `port` a text, `ssl` a number, `pay_mode` a text. */
export const instanceSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  remark: Type.String(),
  status: Type.String(),
  port: Type.String({ pattern: '^\\d+$' }),
  mode: Type.String(),
  region: Type.String(),
  datastore: Type.Object({ type: Type.Literal('DDS-Community'), version: Type.String(), whole_version: Type.String() }),
  engine: Type.String(),
  created: plainTime,
  updated: plainTime,
  db_user_name: Type.String(),
  ssl: Type.Integer({ minimum: 0, maximum: 1 }),
  vpc_id: Type.String(),
  subnet_id: Type.String(),
  security_group_id: Type.String(),
  disk_encryption_id: Type.Optional(Type.String()),
  backup_strategy: Type.Object({ start_time: Type.String(), keep_days: Type.Integer() }),
  pay_mode: Type.String(),
  maintenance_window: Type.String(),
  groups: Type.Array(groupSchema),
  enterprise_project_id: Type.String(),
  time_zone: Type.String(),
  actions: Type.Array(Type.String()),
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
});

const groupTypes: Readonly<Record<InstanceMode, string>> = { Single: 'single', ReplicaSet: 'replica', Sharding: 'shard' };

/** While the policy is off its window says nothing. */
function strategyOf({ backupPolicy }: Instance): Static<typeof instanceSchema>['backup_strategy'] {
  const { keepDays, startTime } = backupPolicy;
  return { start_time: keepDays === 0 ? '' : (startTime ?? ''), keep_days: keepDays };
}

/** An instance as DDS lists it; what only the cloud's own instances have is as it was sent, or empty. */
export function instanceJson(
  instance: Instance,
  { region, usedBytes }: { readonly region: string; readonly usedBytes: number },
): Static<typeof instanceSchema> {
  const { own } = instance;
  const sent = own?.sent;
  return {
    id: instance.id,
    name: instance.name,
    remark: '',
    status: instance.status,
    port: String(instance.port),
    mode: instance.mode,
    region,
    datastore: { type: 'DDS-Community', version: instance.datastoreVersion, whole_version: instance.serverVersion },
    engine: sent?.storageEngine ?? 'wiredTiger',
    created: formatPlainTime(instance.created),
    updated: formatPlainTime(instance.updated),
    db_user_name: 'rwuser',
    ssl: instance.tls ? 1 : 0,
    vpc_id: sent?.vpcId ?? '',
    subnet_id: sent?.subnetId ?? '',
    security_group_id: sent?.securityGroupId ?? '',
    ...(sent === undefined || sent.diskEncryptionId === '' ? {} : { disk_encryption_id: sent.diskEncryptionId }),
    backup_strategy: strategyOf(instance),
    pay_mode: '0',
    maintenance_window: sent?.maintenanceWindow ?? '02:00-06:00',
    groups: [
      {
        type: groupTypes[instance.mode],
        id: '',
        name: '',
        status: '',
        volume: { size: String(sent?.flavor.sizeGb ?? 0), used: gigabytes(usedBytes) },
        nodes: instance.nodes.map((node) => ({
          id: node.id,
          name: node.name,
          status: node.status,
          role: node.role,
          private_ip: instance.status === 'creating' ? '' : node.host,
          public_ip: sent?.publicAddresses[node.id]?.ip ?? '',
          spec_code: sent?.flavor.specCode ?? '',
          availability_zone: sent?.availabilityZone.split(',')[0] ?? zoneOf(region),
        })),
      },
    ],
    enterprise_project_id: sent?.enterpriseProjectId ?? '0',
    time_zone: '',
    actions: [...instance.actions],
    tags: [...instance.tags],
  };
}

/** As the service writes sizes: `0.53`. */
function gigabytes(bytes: number): string {
  return String(Math.ceil((bytes / 1024 ** 3) * 100) / 100);
}
