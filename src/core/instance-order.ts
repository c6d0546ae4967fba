import { engineName } from './datastore-version.ts';
import { LarderError } from './errors.ts';
import {
  checkPassword,
  checkPort,
  checkSpecCode,
  checkSslOption,
  checkTags,
  checkUuid,
  checkVolumeSize,
  isObject,
  readWhole,
} from './instance-rules.ts';
import { checkInstanceName } from './names.ts';
import type { OrderedFlavor, SentSettings, Tag } from './own-instance.ts';
import { changedPolicy, noPolicy, type BackupPolicy } from './policy.ts';

/** What somebody who creates an instance asks for, checked. */
export interface InstanceOrder {
  readonly name: string;
  readonly mode: 'Single' | 'ReplicaSet';
  /** `6.0` */
  readonly version: string;
  /** null: the default one. */
  readonly port: number | null;
  /** null: nobody knows it, until it is reset. */
  readonly password: string | null;
  readonly tls: boolean;
  /** Of the parameter template that the servers start with; null: the defaults. */
  readonly configurationId: string | null;
  readonly sent: SentSettings;
  readonly policy: BackupPolicy;
  readonly tags: readonly Tag[];
}

/** What the backup that an instance is made from decides. */
export interface OrderSource {
  readonly mode: string;
  readonly version: string;
  /** GB that the source had at least; 0 where nobody knows. */
  readonly volumeGb: number;
}

export interface OrderRules {
  /** The one region there is. */
  readonly region: string;
  /** Those that can be started. */
  readonly versions: readonly string[];
  /** null: an empty instance. */
  readonly source: OrderSource | null;
}

const storageEngines = ['', 'wiredTiger', 'rocksDB'];
const defaultWindow = '00:00-01:00';

/**
 * Reads the body of a request to create an instance. The first thing that is wrong is thrown, each with its own code, in the order of the
 * documentation. Absent, null and '' are the same where a value may be left out.
 */
export function readInstanceOrder(body: unknown, rules: OrderRules): InstanceOrder {
  if (!isObject(body)) throw new LarderError('malformed-request', 'The body must be an object.');
  const { source } = rules;
  const name = checkInstanceName(body['name']);
  const datastore =
    source === null ? readDatastore(body['datastore'], rules) : { version: source.version, storageEngine: 'wiredTiger' };
  const region = source === null || given(body['region']) ? readRegion(body['region'], rules) : rules.region;
  const availabilityZone = readZone(body['availability_zone']);
  const vpcId = checkUuid(body['vpc_id'], 'invalid-vpc');
  const subnetId = checkUuid(body['subnet_id'], 'invalid-subnet');
  const securityGroupId = checkUuid(body['security_group_id'], 'invalid-security-group');
  const port = given(body['port']) ? checkPort(body['port']) : null;
  const password = given(body['password']) ? checkPassword(body['password']) : null;
  const diskEncryptionId = given(body['disk_encryption_id']) ? checkUuid(body['disk_encryption_id'], 'invalid-disk-key') : '';
  const mode = readMode(source === null ? body['mode'] : source.mode);
  const flavor = readFlavor(body['flavor'], mode, source);
  const policy = readStrategy(body['backup_strategy']);
  const configurationId = readConfiguration(body['configurations'], mode);
  const enterpriseProjectId = readEnterpriseProject(body['enterprise_project_id']);
  const tls = given(body['ssl_option']) ? checkSslOption(body['ssl_option']) : true;
  const tags = given(body['tags']) ? checkTags(body['tags']) : [];
  return {
    name,
    mode,
    version: datastore.version,
    port,
    password,
    tls,
    configurationId,
    policy,
    tags,
    sent: {
      region,
      availabilityZone,
      vpcId,
      subnetId,
      securityGroupId,
      diskEncryptionId,
      enterpriseProjectId,
      storageEngine: datastore.storageEngine,
      flavor,
      maintenanceWindow: '02:00-06:00',
      clientNetworks: [],
      publicAddresses: {},
    },
  };
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function readDatastore(value: unknown, { versions }: OrderRules): { readonly version: string; readonly storageEngine: string } {
  if (!isObject(value)) throw new LarderError('no-datastore', 'datastore must be an object with type and version.');
  if (value['type'] !== engineName) throw new LarderError('invalid-engine', `The only type of database is ${engineName}.`);
  const version = value['version'];
  if (typeof version !== 'string' || !versions.includes(version)) {
    throw new LarderError('invalid-engine-version', `This server can start these versions: ${versions.join(', ')}.`);
  }
  const storageEngine = value['storage_engine'] ?? '';
  if (typeof storageEngine !== 'string' || !storageEngines.includes(storageEngine)) {
    throw new LarderError('invalid-storage-engine', 'The storage engine must be wiredTiger or rocksDB.');
  }
  return { version, storageEngine: storageEngine === '' ? 'wiredTiger' : storageEngine };
}

function readRegion(value: unknown, { region }: OrderRules): string {
  if (value === region) return region;
  throw new LarderError('invalid-region', `The only region is ${region}.`);
}

/** One, or three with commas between. */
function readZone(value: unknown): string {
  const zones = typeof value === 'string' ? value.split(',') : [];
  const proper = zones.every((zone) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(zone));
  if (typeof value === 'string' && proper && (zones.length === 1 || zones.length === 3)) return value;
  throw new LarderError('invalid-zone', 'availability_zone must be one zone, or three with commas between.');
}

function readMode(value: unknown): 'Single' | 'ReplicaSet' {
  if (value === 'Single' || value === 'ReplicaSet') return value;
  if (value === 'Sharding') {
    throw new LarderError(
      'unsupported-mode',
      'Larder starts single servers and replica sets; sharded clusters cannot be created.',
    );
  }
  throw new LarderError('invalid-mode', 'The mode must be Single or ReplicaSet.');
}

/** How many nodes of the type can be asked for. Of a replica set one means a set, which has three members. */
const counts = { replica: [1, 3, 5, 7], single: [1] } as const;

/** How many servers the order starts. */
export function memberCount({ mode, sent }: Pick<InstanceOrder, 'mode' | 'sent'>): number {
  return mode === 'Single' ? 1 : Math.max(3, sent.flavor.num);
}

function readFlavor(value: unknown, mode: 'Single' | 'ReplicaSet', source: OrderSource | null): OrderedFlavor {
  const type = mode === 'Single' ? 'single' : 'replica';
  if (!Array.isArray(value) || value.length !== 1 || !isObject(value[0])) {
    throw new LarderError('malformed-request', `flavor must be an array with one element, of type ${type}.`);
  }
  const part = value[0];
  if (part['type'] !== type) {
    throw new LarderError(source === null ? 'invalid-node-type' : 'spec-not-sources', `A ${mode} has nodes of type ${type}.`);
  }
  const num = readWhole(part['num']);
  if (num === null || !(counts[type] as readonly number[]).includes(num)) {
    throw new LarderError('invalid-node-count', `num must be one of ${counts[type].join(', ')} for nodes of type ${type}.`);
  }
  const storage = given(part['storage']) ? part['storage'] : null;
  if (storage !== null && storage !== 'ULTRAHIGH')
    throw new LarderError('invalid-storage', 'The only type of storage is ULTRAHIGH.');
  const sizeGb = checkVolumeSize(part['size'], type);
  if (source !== null && sizeGb < source.volumeGb) {
    throw new LarderError('volume-too-small', `The storage must have at least the ${source.volumeGb} GB of the source.`);
  }
  const { specCode } = checkSpecCode(part['spec_code'], type);
  return { type, num, storage, sizeGb, specCode };
}

/** Automated backups are on unless they are switched off. */
function readStrategy(value: unknown): BackupPolicy {
  if (value !== undefined && value !== null && !isObject(value)) {
    throw new LarderError('malformed-request', 'backup_strategy must be an object.');
  }
  const { start_time: startTime, keep_days: keepDays, period } = value ?? {};
  for (const [name, text] of Object.entries({ start_time: startTime, period })) {
    if (given(text) && typeof text !== 'string')
      throw new LarderError('malformed-request', `backup_strategy.${name} must be text.`);
  }
  if (given(keepDays) && typeof keepDays !== 'number' && typeof keepDays !== 'string') {
    throw new LarderError('malformed-request', 'backup_strategy.keep_days must be a number.');
  }
  return changedPolicy(noPolicy, {
    keepDays: given(keepDays) ? (keepDays as number | string) : 7,
    startTime: given(startTime) ? (startTime as string) : defaultWindow,
    period: given(period) ? (period as string) : null,
  });
}

function readEnterpriseProject(value: unknown): string {
  if (!given(value)) return '0';
  if (typeof value === 'string' && /^[A-Za-z0-9-]{1,64}$/.test(value)) return value;
  throw new LarderError('invalid-enterprise-project', 'enterprise_project_id must be an id.');
}

/** One template, for nodes of the type that the instance has. */
function readConfiguration(value: unknown, mode: 'Single' | 'ReplicaSet'): string | null {
  if (!given(value) || (Array.isArray(value) && value.length === 0)) return null;
  const type = mode === 'Single' ? 'single' : 'replica';
  const part: unknown = Array.isArray(value) && value.length === 1 ? value[0] : null;
  if (!isObject(part)) {
    throw new LarderError(
      'malformed-request',
      'configurations must be an array with one element, with type and configuration_id.',
    );
  }
  if (part['type'] !== type) throw new LarderError('invalid-node-type', `A ${mode} has nodes of type ${type}.`);
  const id = part['configuration_id'];
  if (typeof id === 'string') return id;
  throw new LarderError('configuration-not-found', 'configurations[0].configuration_id must be the id of a template.');
}
