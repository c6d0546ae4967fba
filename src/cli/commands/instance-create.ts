import { zoneOf } from '../../core/availability-zone.ts';
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { readPassword } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { findBackup, findInstance, pick } from '../find-by-name.ts';
import { finishInstanceJob } from '../finish-job.ts';
import type { LarderApi } from '../larder-api.ts';
import { parseTime } from '../parse-time.ts';
import { collect, readPairs } from '../read-pairs.ts';
import type { Register } from '../register.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly name: string;
  readonly mode?: string;
  readonly engineVersion?: string;
  readonly port?: string;
  readonly size?: string;
  readonly keepDays?: string;
  readonly template?: string;
  readonly tag?: readonly string[];
  readonly tls: boolean;
  readonly from?: string;
  readonly fromInstance?: string;
  readonly at?: string;
  readonly password?: true;
  readonly wait?: true;
}

/** What has no meaning on a machine of one's own, but must be a UUID. */
const nowhere = '00000000-0000-0000-0000-000000000000';

/** `larder instance create`: servers of Larder's own, empty or with what a backup holds. A password that nobody chose is shown once. */
export function addInstanceCreate(instance: Command, register: Register): void {
  const command = instance
    .command('create')
    .description('start the servers of a new instance on the machine of Larder')
    .requiredOption('--name <name>', '4 to 64 letters, digits, - and _, beginning with a letter')
    .option('--mode <mode>', 'ReplicaSet (three servers) or Single; that of the source with --from or --from-instance')
    .option('--engine-version <version>', 'like 6.0; the newest that can be started unless given')
    .option('--from <backup>', 'id or name of the backup whose data it gets')
    .option('--from-instance <instance>', 'id or name of the instance that it becomes as that was at a time')
    .option('--at <time>', 'that time, like 2026-03-01T10:00:00Z: everything up to the end of its second', parseTime)
    .option('--port <port>', 'of the first server, the next free one where it is taken')
    .option('--size <GB>', 'the storage size that is reported: 10 unless given')
    .option('--keep-days <days>', 'how long automated backups are kept: 7 unless given, 0 for none')
    .option('--template <template>', 'id or name of the parameter template that the servers start with')
    .option('--tag <key=value>', 'may be given again', collect)
    .option('--no-tls', 'servers that do not speak TLS')
    .option('--password', 'read the password of rwuser from the first line of standard input')
    .option('--wait', 'end when it is ready');
  register<Options>(withServerOptions(command), async (context, options) => {
    checkSource(options);
    const password = options.password === true ? await readPassword(context.io) : null;
    const api = await context.api();
    const source = await findSource(api, options);
    // The users of the source keep their passwords.
    const chosen = password ?? (source === null ? newDatabasePassword() : null);
    const order = await readOrder(api, options, source);
    const created = await api.ownInstances.create({ ...order, ...(chosen === null ? {} : { password: chosen }) });
    const shown = password === null && chosen !== null ? { user: 'rwuser', password: chosen } : {};
    if (shown.password !== undefined) context.renderer.note(`Password of rwuser, shown this once: ${shown.password}`);
    const { id, job_id: jobId, port } = created;
    const begun = { job_id: jobId, port, ...shown };
    await finishInstanceJob(context, api, begun, {
      what: `Creation of ${options.name} (${id})`,
      instanceId: id,
      wait: options.wait === true,
    });
  });
}

/** What the new instance is to hold. */
interface Source {
  readonly mode: string;
  readonly point: object;
}

/** Wrong usage is known before anybody is asked. */
function checkSource({ from, fromInstance, at }: Options): void {
  if ((fromInstance === undefined) === (at === undefined) && (from === undefined || at === undefined)) return;
  throw usageError('Give either --from, or --from-instance and --at, or nothing of it.');
}

async function findSource(api: LarderApi, { from, fromInstance, at }: Options): Promise<Source | null> {
  if (from !== undefined) {
    const { id, instance_mode: mode } = await findBackup(api, from);
    return { mode, point: { type: 'backup', backup_id: id } };
  }
  if (fromInstance === undefined || at === undefined) return null;
  const { id, mode } = await findInstance(api, fromInstance);
  return { mode, point: { type: 'timestamp', instance_id: id, restore_time: new Date(at).getTime() } };
}

async function readOrder(api: LarderApi, options: Options, source: Source | null): Promise<object> {
  const mode = source?.mode ?? options.mode ?? 'ReplicaSet';
  const type = mode === 'Single' ? 'single' : 'replica';
  const [region, versions] = await Promise.all([api.ownInstances.region(), api.ownInstances.versions()]);
  const template = options.template === undefined ? null : pick('template', await api.templates.list(), options.template);
  const spec = `dds.mongodb.s2.medium.4.${type === 'single' ? 'single' : 'repset'}`;
  return {
    name: options.name,
    datastore: { type: 'DDS-Community', version: options.engineVersion ?? versions.at(-1), storage_engine: 'wiredTiger' },
    region,
    availability_zone: zoneOf(region),
    vpc_id: nowhere,
    subnet_id: nowhere,
    security_group_id: nowhere,
    mode,
    flavor: [{ type, num: 1, storage: 'ULTRAHIGH', size: options.size ?? '10', spec_code: spec }],
    ssl_option: options.tls ? '1' : '0',
    tags: readPairs('--tag', 'key=value', options.tag ?? []).map(([key, value]) => ({ key, value })),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.keepDays === undefined ? {} : { backup_strategy: { keep_days: options.keepDays } }),
    ...(template === null ? {} : { configurations: [{ type, configuration_id: template.id }] }),
    ...(source === null ? {} : { restore_point: source.point }),
  };
}

/** Of all four kinds of characters, as the service wants passwords of databases to be. */
function newDatabasePassword(): string {
  return `Aa1-${randomBytes(15).toString('base64url')}`;
}
