import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePorts } from '../../src/provider/choose-ports.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

/** One Larder, one replica set and one single server for all of the file: what one test makes, the next one uses. */

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly port: string;
  readonly ssl: number;
  readonly engine: string;
  readonly actions: readonly string[];
  readonly backup_strategy: { readonly keep_days: number; readonly start_time: string };
  readonly groups: readonly {
    readonly volume: { readonly size: string; readonly used: string };
    readonly nodes: readonly {
      readonly id: string;
      readonly role: string;
      readonly private_ip: string;
      readonly public_ip: string;
      readonly spec_code: string;
    }[];
  }[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly [field: string]: unknown;
}

const uuid = (digit: number): string => `0000000${digit}-0000-4000-8000-000000000000`;
const password = 'Pass-Word_1';
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let larder: Larder;
let set: string;
let single: string;

const order = {
  name: 'own-set',
  datastore: { type: 'DDS-Community', version: '6.0', storage_engine: 'wiredTiger' },
  region: 'eu-de',
  availability_zone: 'eu-de-01',
  vpc_id: uuid(1),
  subnet_id: uuid(2),
  security_group_id: uuid(3),
  password,
  mode: 'ReplicaSet',
  flavor: [{ type: 'replica', num: 1, storage: 'ULTRAHIGH', size: 20, spec_code: 'dds.mongodb.s2.medium.4.repset' }],
  ssl_option: '0',
  tags: [{ key: 'stage', value: 'test' }],
};
const singleOrder = {
  ...order,
  name: 'own-single',
  mode: 'Single',
  flavor: [{ type: 'single', num: '1', size: '10', spec_code: 'dds.mongodb.s2.medium.4.single' }],
  backup_strategy: { start_time: '03:00-04:00', keep_days: '0' },
};

const p = (path: string): string => `/v3/${larder.projectId}${path}`;
const call = <T = { job_id: string }>(method: string, path: string, body?: unknown): Promise<T> =>
  larder.call<T>(method, p(path), body);

async function status(method: string, path: string, body?: unknown): Promise<{ status: number; code: string }> {
  const answer = await larder.send(method, p(path), body);
  const json = (await answer.json().catch(() => ({}))) as { error_code?: string };
  return { status: answer.status, code: json.error_code ?? '' };
}

async function listed(id: string): Promise<Listed | undefined> {
  return (await call<{ instances: Listed[] }>('GET', `/instances?id=${id}`)).instances[0];
}

async function settled(id: string): Promise<Listed> {
  return until(
    async () => {
      const instance = await listed(id);
      return instance !== undefined && instance.status === 'normal' && instance.actions.length === 0 ? instance : null;
    },
    { what: `instance ${id} to be normal and idle`, timeoutMs: 90_000 },
  );
}

async function completed({
  job_id: id,
}: {
  job_id: string;
}): Promise<{ name: string; status: string; fail_reason: string | null }> {
  const job = await until(
    async () => {
      const { job: now } = await call<{ job: { name: string; status: string; fail_reason: string | null } }>(
        'GET',
        `/jobs?id=${id}`,
      );
      return now.status === 'Running' ? null : now;
    },
    { what: `job ${id}`, timeoutMs: 90_000 },
  );
  expect(job).toMatchObject({ status: 'Completed', fail_reason: null });
  return job;
}

async function connectAs(id: string, secret: string, options: { ca?: string } = {}): Promise<MongoClient> {
  const instance = (await listed(id))!;
  const nodes = await larder.call<{ nodes: { host: string; port: number }[] }>(
    'GET',
    `/larder/v1/${larder.projectId}/instances/${id}`,
  );
  const hosts = nodes.nodes.map(({ host, port }) => `${host}:${port}`).join(',');
  const mode = instance['mode'] === 'Single' ? 'directConnection=true' : 'replicaSet=replica';
  const tls = options.ca === undefined ? '' : `&tls=true&tlsCAFile=${encodeURIComponent(options.ca)}`;
  const client = new MongoClient(`mongodb://rwuser:${encodeURIComponent(secret)}@${hosts}/?authSource=admin&${mode}${tls}`, {
    serverSelectionTimeoutMS: 5000,
  });
  return client.connect();
}

async function members(id: string): Promise<readonly { host: string; port: number }[]> {
  const { nodes } = await larder.call<{ nodes: { host: string; port: number }[] }>(
    'GET',
    `/larder/v1/${larder.projectId}/instances/${id}`,
  );
  return nodes;
}

/** One member, of an instance without TLS. */
function connectTo(member: string, secret = password): Promise<MongoClient> {
  const query = 'authSource=admin&directConnection=true';
  return new MongoClient(`mongodb://rwuser:${encodeURIComponent(secret)}@${member}/?${query}`).connect();
}

/** Some parameters as the server itself says them. */
async function parametersOf(client: MongoClient): Promise<object> {
  const admin = client.db('admin');
  const found = await admin.command({ getParameter: 1, notablescan: 1, transactionLifetimeLimitSeconds: 1 });
  const { parsed } = await admin.command({ getCmdLineOpts: 1 });
  return {
    connections: parsed.net.maxIncomingConnections ?? null,
    slow: (await admin.command({ profile: -1 }))['slowms'],
    scanRefused: found['notablescan'],
    transaction: found['transactionLifetimeLimitSeconds'],
  };
}

beforeAll(async () => {
  folder = await temporaryFolder();
  larder = await startLarder({ dataFolder: folder.path });
}, 300_000);
afterAll(async () => {
  await larder?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

describe('instances of our own', () => {
  it('are ordered with 202, listed as creating, and become normal with a first automated backup and nothing running', async () => {
    const answer = await larder.send('POST', p('/instances'), order);
    expect(answer.status).toBe(202);
    const created = (await answer.json()) as Record<string, unknown> & { id: string; job_id: string };
    set = created.id;
    expect(created).toMatchObject({
      status: 'creating',
      port: expect.any(Number),
      flavor: [{ num: '1', size: '20', type: 'replica', spec_code: 'dds.mongodb.s2.medium.4.repset' }],
      backup_strategy: { keep_days: '7', start_time: '00:00-01:00' },
      ssl_option: '0',
      mode: 'ReplicaSet',
    });
    expect(await listed(set)).toMatchObject({ status: 'creating', actions: ['CREATE'] });
    expect(await status('POST', `/instances/${set}/restart`, {})).toEqual({ status: 403, code: 'DBS.201014' });
    const template = await call<{ configuration: { id: string } }>('POST', '/configurations', {
      name: 'first-template',
      datastore: { node_type: 'single', version: '6.0' },
      parameter_values: { 'net.maxIncomingConnections': '200', transactionLifetimeLimitSeconds: '30' },
    });
    const withTemplate = (type: string) => ({
      ...singleOrder,
      configurations: [{ type, configuration_id: template.configuration.id }],
    });
    expect(await status('POST', '/instances', withTemplate('replica'))).toEqual({ status: 400, code: 'DBS.280327' });
    const other = await call<{ id: string; job_id: string }>('POST', '/instances', withTemplate('single'));
    single = other.id;
    expect(await completed(created)).toMatchObject({ name: 'CreateMongoDBReplica' });
    expect(await completed(other)).toMatchObject({ name: 'CreateMongoDBReplicaSingle' });
    const ready = await settled(set);
    expect(ready).toMatchObject({
      ssl: 0,
      vpc_id: uuid(1),
      subnet_id: uuid(2),
      security_group_id: uuid(3),
      tags: order.tags,
      backup_strategy: { keep_days: 7 },
      groups: [{ type: 'replica', volume: { size: '20' } }],
    });
    expect(ready.groups[0]!.nodes.map(({ role }) => role).toSorted()).toEqual(['Primary', 'Secondary', 'Secondary']);
    expect(Number(ready.groups[0]!.volume.used)).toBeGreaterThan(0);
    const { backups } = await call<{ backups: { type: string; status: string }[] }>('GET', `/backups?instance_id=${set}`);
    expect(backups).toMatchObject([{ type: 'Auto', status: 'COMPLETED' }]);
    await using client = await connectAs(set, password);
    await client
      .db('shop')
      .collection('goods')
      .insertMany([{ n: 1 }, { n: 2 }]);
    expect(await settled(single)).toMatchObject({ mode: 'Single', backup_strategy: { keep_days: 0 } });
    await using alone = await connectAs(single, password);
    await alone.db('shop').collection('goods').insertOne({ n: 1 });
    expect(await parametersOf(alone)).toMatchObject({ connections: 200, transaction: 30, slow: 100 });
  });

  it('are given parameters while they run, those that need a restart with the next, and a whole template', async () => {
    const template = await call<{ configuration: { id: string } }>('POST', '/configurations', {
      name: 'for-sets',
      datastore: { node_type: 'replica', version: '6.0' },
      parameter_values: { 'operationProfiling.slowOpThresholdMs': 300, notablescan: true },
    });
    const { id } = template.configuration;
    const applied = await call('PUT', `/configurations/${id}/apply`, { entity_ids: [set] });
    expect(await listed(set)).toMatchObject({ actions: ['APPLY_CONFIGURATION'] });
    expect(await completed(applied)).toMatchObject({ name: 'ApplyConfiguration' });
    for (const { host, port } of await members(set)) {
      await using member = await connectTo(`${host}:${port}`);
      expect(await parametersOf(member)).toMatchObject({ slow: 300, scanRefused: true, connections: null });
    }
    const changed = await call<{ job_id: string; restart_required: boolean }>('PUT', `/instances/${set}/configurations`, {
      entity_id: set,
      parameter_values: { notablescan: 'false', 'net.maxIncomingConnections': '300' },
    });
    expect(changed.restart_required).toBe(true);
    await completed(changed);
    const { histories } = await call<{ histories: { parameter_name: string; applied: boolean }[] }>(
      'GET',
      `/instances/${set}/configuration-histories?entity_id=${set}`,
    );
    expect(histories.map(({ parameter_name: name, applied: now }) => [name, now])).toEqual([
      ['net.maxIncomingConnections', false],
      ['notablescan', true],
      ['notablescan', true],
      ['operationProfiling.slowOpThresholdMs', true],
    ]);
    const { parameters } = await call<{ parameters: { name: string; value: string }[] }>(
      'GET',
      `/instances/${set}/configurations?entity_id=${set}`,
    );
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toMatchObject({
      'net.maxIncomingConnections': '300',
      notablescan: 'false',
      'operationProfiling.slowOpThresholdMs': '300',
    });
    const uses = await call<{ histories: object[] }>('GET', `/configurations/${id}/applied-histories`);
    expect(uses.histories).toMatchObject([{ instance_id: set, apply_result: 'SUCCESS', failure_reason: '' }]);
  });

  it('that run elsewhere are given what can be set while they run, and nothing else', async () => {
    const { port } = (await listed(single))!;
    const { id: adopted } = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, {
      name: 'adopted-single',
      uri: `mongodb://rwuser:${encodeURIComponent(password)}@127.0.0.1:${port}/?directConnection=true`,
    });
    const values = (parameters: object) => ({ entity_id: adopted, parameter_values: parameters });
    const url = `/instances/${adopted}/configurations`;
    expect(await status('PUT', url, values({ 'net.maxIncomingConnections': 300 }))).toEqual({ status: 400, code: 'DBS.200004' });
    const set = await call<{ job_id: string; restart_required: boolean }>('PUT', url, values({ logLevel: 1 }));
    expect(set.restart_required).toBe(false);
    await completed(set);
    const { parameters } = await call<{ parameters: { name: string; value: string }[] }>('GET', `${url}?entity_id=${adopted}`);
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toMatchObject({
      logLevel: '1',
      'net.maxIncomingConnections': '200',
      transactionLifetimeLimitSeconds: '30',
    });
    await completed(await call('PUT', url, values({ logLevel: 0 })));
    expect((await larder.send('DELETE', p(`/instances/${adopted}`))).status).toBe(202);
  });

  it('take another name, other tags, an address, a security group, a larger volume and other specifications', async () => {
    expect(await status('PUT', `/instances/${set}/modify-name`, { new_instance_name: 'renamed' })).toMatchObject({ status: 200 });
    expect(
      await call('POST', `/instances/${set}/tags/action`, { action: 'create', tags: [{ key: 'owner', value: 'me' }] }),
    ).toEqual({});
    expect(await call('POST', `/instances/${set}/tags/action`, { action: 'delete', tags: [{ key: 'stage' }] })).toEqual({});
    expect(await call('GET', `/instances/${set}/tags`)).toEqual({ tags: [{ key: 'owner', value: 'me' }] });
    expect(await call('GET', '/tags')).toEqual({
      tags: [
        { key: 'owner', values: ['me'] },
        { key: 'stage', values: ['test'] },
      ],
    });
    const filter = { action: 'filter', tags: [{ key: 'owner', values: ['you', 'me'] }] };
    expect(await call('POST', '/instances/action', filter)).toMatchObject({ instances: [{ instance_id: set }], total_count: 1 });
    expect(await call('POST', '/instances/action', { ...filter, action: 'count' })).toEqual({ total_count: 1 });
    expect(await call('GET', '/instances?tags=owner%3Dme')).toMatchObject({ total_count: 1 });
    expect(await call('GET', `/instances?vpc_id=${uuid(9)}`)).toMatchObject({ total_count: 0 });
    const node = (await listed(set))!.groups[0]!.nodes[1]!;
    await completed(await call('POST', `/nodes/${node.id}/bind-eip`, { public_ip: '192.0.2.7', public_ip_id: uuid(7) }));
    expect(await status('POST', `/nodes/${node.id}/bind-eip`, { public_ip: '192.0.2.7', public_ip_id: uuid(7) })).toMatchObject({
      code: 'DBS.200702',
    });
    await completed(await call('POST', `/instances/${set}/modify-security-group`, { security_group_id: uuid(4) }));
    await completed(await call('POST', `/instances/${set}/enlarge-volume`, { volume: { group_id: '', size: '30' } }));
    const resize = { resize: { target_type: null, target_id: set, target_spec_code: 'dds.mongodb.s2.large.4.repset' } };
    await completed(await call('POST', `/instances/${set}/resize`, resize));
    expect(await status('PUT', `/instances/${set}/maintenance-window`, { start_time: '10:00', end_time: '12:00' })).toMatchObject(
      { status: 200 },
    );
    expect(await status('POST', `/instances/${set}/client-network`, { client_network_ranges: ['10.0.0.0/8'] })).toMatchObject({
      status: 200,
    });
    expect(await settled(set)).toMatchObject({
      name: 'renamed',
      security_group_id: uuid(4),
      maintenance_window: '10:00-12:00',
      groups: [{ volume: { size: '30' } }],
    });
    const streams = { log_type: 'audit_log', lts_group_id: uuid(5), lts_stream_id: uuid(6) };
    const logs = '/instances/logs/lts-configs';
    expect(await status('POST', logs, { lts_configs: [{ instance_id: set, ...streams }] })).toMatchObject({ status: 202 });
    const { instance_lts_configs: configs } = await call<{ instance_lts_configs: { instance: { id: string } }[] }>('GET', logs);
    expect(configs.find(({ instance }) => instance.id === set)).toMatchObject({ lts_configs: [{ ...streams, enabled: true }] });
    expect(configs.find(({ instance }) => instance.id === single)).not.toHaveProperty('lts_configs');
    const forgotten = { lts_configs: [{ instance_id: set, log_type: 'audit_log' }] };
    expect(await status('DELETE', logs, forgotten)).toMatchObject({ status: 202 });
    expect(JSON.stringify(await call('GET', logs))).not.toContain('lts_configs":[{"log_type');
    const after = (await listed(set))!.groups[0]!.nodes;
    expect(after.find(({ id }) => id === node.id)).toMatchObject({
      public_ip: '192.0.2.7',
      spec_code: 'dds.mongodb.s2.large.4.repset',
    });
    await completed(await call('POST', `/nodes/${node.id}/unbind-eip`));
    expect(await status('POST', `/nodes/${node.id}/unbind-eip`)).toEqual({ status: 400, code: 'DBS.200701' });
  });

  it('refuse with the documented code what cannot be', async () => {
    const refusals: readonly (readonly [string, string, unknown, number, string])[] = [
      ['POST', `/instances/${set}/enlarge-volume`, { volume: { size: 30 } }, 400, 'DBS.280266'],
      ['POST', `/instances/${set}/enlarge-volume`, { volume: { size: 35 } }, 400, 'DBS.200302'],
      ['POST', `/instances/${set}/enlarge-volume`, { volume: { size: 3000 } }, 400, 'DBS.280242'],
      ['POST', `/instances/${set}/resize`, { resize: { target_id: set, target_spec_code: 'huge' } }, 400, 'DBS.280239'],
      [
        'POST',
        `/instances/${set}/resize`,
        { resize: { target_id: set, target_spec_code: 'dds.mongodb.s2.large.4.single' } },
        400,
        'DBS.239012',
      ],
      ['POST', `/instances/${set}/modify-port`, { port: 80 }, 400, 'DBS.200060'],
      ['POST', `/instances/${set}/modify-port`, { port: 'x' }, 400, 'DBS.200059'],
      ['POST', `/instances/${set}/modify-port`, { port: Number((await listed(set))!.port) }, 400, 'DBS.200462'],
      ['POST', `/instances/${set}/modify-port`, { port: Number((await listed(single))!.port) }, 400, 'DBS.200059'],
      ['POST', `/instances/${set}/switch-ssl`, { ssl_option: '2' }, 400, 'DBS.239011'],
      ['POST', `/instances/${single}/switchover`, {}, 400, 'DBS.280343'],
      ['PUT', `/instances/${set}/modify-name`, { new_instance_name: '1' }, 400, 'DBS.280234'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: 'aaaaaaaa' }, 400, 'DBS.200068'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: 'Aa1_' }, 400, 'DBS.200052'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: 'Aa1_aaa a' }, 400, 'DBS.280200'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: password, user_name: 'a b' }, 400, 'DBS.280292'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: password, user_name: 'nobody' }, 400, 'DBS.200824'],
      ['PUT', `/instances/${set}/reset-password`, { user_pwd: password, user_name: 'larder' }, 400, 'DBS.200824'],
      ['POST', `/nodes/${'0'.repeat(32)}no02/unbind-eip`, undefined, 400, 'DBS.200451'],
      ['POST', `/instances/${set}/tags/action`, { action: 'create', tags: [{ key: 'a b' }] }, 400, 'DBS.280482'],
      ['POST', '/instances', { restore_collections: [] }, 400, 'DBS.280404'],
      ['POST', '/instances', { ...order, restore_point: { backup_id: 'none' } }, 400, 'DBS.201214'],
      ['POST', '/instances', { ...order, mode: 'Sharding' }, 400, 'DBS.280347'],
    ];
    for (const [method, path, body, code, text] of refusals) {
      expect(await status(method, path, body), `${path} ${JSON.stringify(body)}`).toEqual({ status: code, code: text });
    }
    expect((await listed(set))!.actions).toEqual([]);
  });

  it('show and end what their servers do, count connections, and show their logs', async () => {
    const node = (await settled(set)).groups[0]!.nodes.find(({ role }) => role === 'Primary')!;
    await using client = await connectAs(set, password);
    const slow = client
      .db('shop')
      .collection('goods')
      .find({ $where: 'sleep(60000) || true' })
      .toArray()
      .then(
        () => 'ended by itself',
        (error: unknown) => String(error),
      );
    const session = await until(
      async () => {
        const { sessions } = await call<{ sessions: { id: string; cost_time: string; user: string; client: string }[] }>(
          'GET',
          `/nodes/${node.id}/sessions?namespace=shop.goods&cost_time=300000&limit=20`,
        );
        // A server logs as slow what took 100 milliseconds.
        return sessions.find(({ cost_time: microseconds }) => Number(microseconds) > 200_000) ?? null;
      },
      { what: 'the query to be seen and to be slow', timeoutMs: 30_000 },
    );
    expect(session).toMatchObject({ user: 'rwuser', cost_time: expect.stringMatching(/^\d+$/) });
    expect(await call('POST', `/nodes/${node.id}/session`, { sessions: [session.id] })).toEqual({});
    expect(await slow).toContain('interrupted');
    expect(await status('POST', `/nodes/${node.id}/session`, { sessions: ['1'] })).toEqual({ status: 400, code: 'DBS.301071' });
    const statistics = await call<{ total_connections: number; inner_connections: { client_ip: string }[] }>(
      'GET',
      `/instances/${set}/conn-statistics?node_id=${node.id}`,
    );
    expect(statistics.total_connections).toBeGreaterThan(0);
    expect(statistics.inner_connections[0]).toMatchObject({ client_ip: '127.0.0.1' });
    const now = systemClock.now().getTime();
    const period = `start_date=${new Date(now - 3_600_000).toISOString()}&end_date=${new Date(now).toISOString()}`;
    const logs = await call<{ slow_log_list: object[] }>(
      'GET',
      `/instances/${set}/slowlog?${period}&node_id=${node.id}&limit=100`,
    );
    expect(logs.slow_log_list).toContainEqual(
      expect.objectContaining({ type: 'QUERY', database: 'shop', time: expect.stringMatching(/ ms$/) }),
    );
    const errors = await call<{ error_log_list: object[]; total_record: number }>(
      'GET',
      `/instances/${set}/errorlog?${period}&type=WARNING`,
    );
    expect(errors.error_log_list[0]).toMatchObject({ level: 'WARNING', content: expect.any(String) });
    const { list, count } = await call<{ list: { node_name: string; file_link: string; file_size: string }[]; count: number }>(
      'POST',
      `/instances/${set}/slowlog-download`,
      { node_id_list: [node.id] },
    );
    expect(count).toBe(1);
    const downloaded = await fetch(list[0]!.file_link);
    expect([downloaded.status, downloaded.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    const lines = (await downloaded.text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toContain(51_803);
    expect(Number(list[0]!.file_size)).toBeGreaterThan(100);
    const forged = await fetch(list[0]!.file_link.replace('.slow.log', '.error.log'));
    expect(forged.status).toBe(403);
    expect(await call('POST', `/instances/${set}/errorlog-download`)).toMatchObject({ count: 3, status: 'FINISH' });
    expect(await status('GET', `/instances/${set}/slowlog`)).toEqual({ status: 400, code: 'DBS.280067' });
    expect(await status('GET', `/instances/${set}/errorlog?${period}&type=INFO`)).toEqual({ status: 400, code: 'DBS.280066' });
  });

  it(
    'change the password, the port, TLS and the primary for real, and are the same after a restart',
    { timeout: 280_000 },
    async () => {
      const second = 'Other-Word_2';
      expect(await call('PUT', `/instances/${set}/reset-password`, { user_pwd: second })).toEqual({});
      await expect(connectAs(set, password)).rejects.toThrow(/[Aa]uthentication/);
      const before = (await settled(set)).groups[0]!.nodes.find(({ role }) => role === 'Primary')!;
      expect(await completed(await call('POST', `/instances/${set}/switchover`, {}))).toMatchObject({ name: 'SwitchPrimary' });
      const switched = await larder.call<{ nodes: { id: string; role: string }[] }>(
        'GET',
        `/larder/v1/${larder.projectId}/instances/${set}`,
      );
      expect(switched.nodes.find(({ role }) => role === 'Primary')!.id).not.toBe(before.id);
      const nodeIds = switched.nodes.map(({ id }) => id);

      // Other tests may run beside this one.
      const free = { host: '127.0.0.1', taken: new Set<number>() };
      const [port = 0, other = 0] = await choosePorts(2100 + (process.pid % 6000), 2, free);
      expect(await call('POST', `/instances/${set}/modify-port`, { port })).toMatchObject({ port });
      expect(await settled(set)).toMatchObject({ port: String(port) });
      expect(await completed(await call('POST', `/instances/${single}/modify-port`, { port: String(other) }))).toMatchObject({
        name: 'ModifyPort',
      });
      expect(await completed(await call('POST', `/instances/${set}/restart`, { target_type: null }))).toMatchObject({
        name: 'RestartReplicaSetInstance',
      });
      expect(await completed(await call('POST', `/instances/${single}/restart`))).toMatchObject({
        name: 'RestartReplicaSingleInstance',
      });
      {
        await using client = await connectAs(set, second);
        expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
        await using alone = await connectAs(single, password);
        expect(await alone.db('shop').collection('goods').countDocuments()).toBe(1);
        expect(await parametersOf(alone)).toMatchObject({ connections: 200, transaction: 30 });
        for (const { host, port: at } of await members(set)) {
          await using member = await connectTo(`${host}:${at}`, second);
          expect(await parametersOf(member)).toMatchObject({ slow: 300, scanRefused: false, connections: 300 });
        }
        const changes = await call<{ histories: { applied: boolean }[] }>(
          'GET',
          `/instances/${set}/configuration-histories?entity_id=${set}`,
        );
        expect(changes.histories.every(({ applied }) => applied)).toBe(true);
      }
      expect(await call('POST', `/instances/${set}/switch-ssl`, { ssl_option: '1' })).toMatchObject({ ssl_option: '1' });
      expect(await settled(set)).toMatchObject({ ssl: 1, port: String(port) });
      await expect(connectAs(set, second)).rejects.toThrow();
      await using client = await connectAs(set, second, { ca: `${folder.path}/instances/ca.pem` });
      expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
      expect((await listed(set))!.groups[0]!.nodes.map(({ id }) => id)).toEqual(nodeIds);
    },
  );

  it(
    'are started again with the next start of Larder, and come back from a backup as another instance, deleted or not',
    { timeout: 280_000 },
    async () => {
      const backup = await call<{ job_id: string; backup_id: string }>('POST', '/backups', {
        backup: { instance_id: set, name: 'before-restart' },
      });
      await completed(backup);
      await larder[Symbol.asyncDispose]();
      larder = await startLarder({ dataFolder: folder.path });
      const ready = await until(
        async () => {
          const now = await larder.call<{ status: string; tls: boolean }>(
            'GET',
            `/larder/v1/${larder.projectId}/instances/${set}`,
          );
          return now.status === 'normal' ? now : null;
        },
        { what: 'the servers to run again', timeoutMs: 90_000 },
      );
      expect(ready.tls).toBe(true);

      expect((await larder.send('DELETE', p(`/instances/${single}`))).status).toBe(202);
      expect(
        await status('PUT', '/instances/recycle-policy', { recycle_policy: { enabled: true, retention_period_in_days: 3 } }),
      ).toMatchObject({
        status: 200,
      });
      const kept = { enabled: true, retention_period_in_days: 3 };
      expect(await call('GET', '/instances/recycle-policy')).toEqual({ recycle_policy: kept, ...kept });
      expect(await status('PUT', '/instances/recycle-policy', { recycle_policy: { enabled: false } })).toMatchObject({
        status: 400,
      });
      const deletion = await call('DELETE', `/instances/${set}`);
      expect((await listed(set))?.actions ?? []).toEqual([]);
      await completed(deletion);
      expect(await listed(set)).toBeUndefined();
      const { instances: bin } = await call<{ instances: Record<string, string>[] }>('GET', '/recycle-instances');
      expect(bin).toMatchObject([{ id: set, name: 'renamed', backup_id: backup.backup_id, status: 'Active' }]);
      const point = { restore_point: { type: 'backup', backup_id: backup.backup_id } };
      const again = await call<{ id: string; job_id: string }>('POST', '/instances', {
        ...order,
        name: 'again',
        flavor: [{ ...order.flavor[0], size: '30' }],
        ...point,
      });
      expect(await completed(again)).toMatchObject({ name: 'RestoreMongoDB_Replica' });
      await using client = await connectAs(again.id, password);
      expect(await client.db('shop').collection('goods').countDocuments()).toBe(2);
      expect(await parametersOf(client)).toMatchObject({ slow: 300, connections: 300 });
      expect((await call<{ backups: { name: string }[] }>('GET', `/backups?instance_id=${set}`)).backups).toMatchObject([
        { name: 'before-restart' },
      ]);
    },
  );
});
