import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

/** What `POST instances` and the calls on an instance refuse, on the real stack; nothing is started. */

const uuid = '00000000-0000-4000-8000-000000000000';
const flavor = { type: 'replica', num: 1, storage: 'ULTRAHIGH', size: 20, spec_code: 'dds.mongodb.s2.medium.4.repset' };
const order = {
  name: 'shop-set',
  datastore: { type: 'DDS-Community', version: '6.0', storage_engine: 'wiredTiger' },
  region: 'eu-de',
  availability_zone: 'eu-de-01',
  vpc_id: uuid,
  subnet_id: uuid,
  security_group_id: uuid,
  mode: 'ReplicaSet',
  flavor: [flavor],
};

let api: ApiWorld;
let P: string;
let adopted: string;
let backup: string;

beforeAll(async () => {
  api = await openApiWorld();
  P = `/v3/${api.projectId}`;
  const uri = 'mongodb://a.example';
  const answer = await api.admin('POST', `/larder/v1/${api.projectId}/instances/adopt`, { name: 'adopted', uri });
  adopted = (answer.body as { id: string }).id;
  const begun = await api.admin('POST', `${P}/backups`, { backup: { instance_id: adopted, name: 'done' } });
  backup = (begun.body as { backup_id: string }).backup_id;
  await runWaitingJobs(api.world);
});
afterAll(async () => api[Symbol.asyncDispose]());

const tooMany = Array.from({ length: 21 }, (_, n) => ({ key: `k${n}`, value: '' }));

describe('A1: an order is refused', () => {
  it.each([
    ['DBS.280001', 400, { flavor: [] }],
    ['DBS.280234', 400, { name: '1' }],
    ['DBS.280446', 400, { datastore: null }],
    ['DBS.280235', 400, { datastore: { type: 'Redis', version: '6.0' } }],
    ['DBS.280236', 400, { datastore: { type: 'DDS-Community', version: '4.0' } }],
    ['DBS.280122', 400, { datastore: { ...order.datastore, storage_engine: 'x' } }],
    ['DBS.200024', 400, { region: 'eu-nl' }],
    ['DBS.280244', 400, { availability_zone: '' }],
    ['DBS.280247', 400, { vpc_id: 'x' }],
    ['DBS.280248', 400, { subnet_id: 'x' }],
    ['DBS.280249', 400, { security_group_id: 'x' }],
    ['DBS.280438', 400, { disk_encryption_id: 'x' }],
    ['DBS.280342', 400, { mode: 'Cluster' }],
    ['DBS.280327', 400, { flavor: [{ ...flavor, type: 'shard' }] }],
    ['DBS.280123', 400, { flavor: [{ ...flavor, num: 2 }] }],
    ['DBS.280241', 400, { flavor: [{ ...flavor, storage: 'x' }] }],
    ['DBS.280311', 400, { flavor: [{ ...flavor, size: 'x' }] }],
    ['DBS.280433', 403, { enterprise_project_id: 'a b' }],
    ['DBS.280483', 400, { tags: [{ key: 'a', value: ' ' }] }],
    ['DBS.280484', 400, { tags: tooMany }],
  ])('with %s', async (code, status, change) => {
    const answer = await api.admin('POST', `${P}/instances`, { ...order, ...change });
    expect(answer).toMatchObject({ status, body: { error_code: code } });
  });

  it('from a backup of another instance, in another mode, or when there are as many as allowed', async () => {
    const from = (point: object, change: object = {}) =>
      api.admin('POST', `${P}/instances`, { ...order, ...change, restore_point: point });
    const point = { type: 'backup', backup_id: backup };
    expect(await from({ ...point, instance_id: 'other' })).toMatchObject({ status: 400, body: { error_code: 'DBS.201204' } });
    const single = { ...flavor, type: 'single' };
    expect(await from(point, { flavor: [single] })).toMatchObject({ status: 400, body: { error_code: 'DBS.280267' } });
    await using full = await openApiWorld({ mostInstances: 0 });
    expect(await full.admin('POST', `/v3/${full.projectId}/instances`, order)).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.280280' },
    });
    expect((await api.admin('GET', `${P}/instances`)).body).toMatchObject({ total_count: 1 });
  });
});

describe('A1: calls on an instance', () => {
  it('refuse values that cannot be', async () => {
    const node = `${P}/nodes/${'0'.repeat(32)}no02`;
    const address = { public_ip: 'x', public_ip_id: 'y' };
    expect(await api.admin('POST', `${node}/bind-eip`, address)).toMatchObject({ body: { error_code: 'DBS.280421' } });
    const networks = { client_network_ranges: ['10.0.0.0/4'] };
    const answer = await api.admin('POST', `${P}/instances/${adopted}/client-network`, networks);
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'DBS.280284' } });
    expect(await api.admin('GET', `${node}/sessions?cost_time=x`)).toMatchObject({ body: { error_code: 'DBS.301075' } });
    expect(await api.admin('GET', `${node}/sessions?type=x`)).toMatchObject({ body: { error_code: 'DBS.301073' } });
    const logs = `${P}/instances/${adopted}/slowlog?start_date=2026-01-01T00:00:00Z&end_date=2026-03-01T00:00:00Z`;
    expect(await api.admin('GET', logs)).toMatchObject({ status: 400, body: { error_code: 'DBS.280068' } });
  });

  it('say that there is no audit log, and refuse to have one', async () => {
    const own = `${P}/instances/${adopted}`;
    const answers = { status: 200, body: { keep_days: 0, audit_scope: '', audit_types: [] } };
    expect(await api.admin('GET', `${own}/auditlog-policy`)).toMatchObject(answers);
    const set = (days: unknown, to = own) => api.admin('POST', `${to}/auditlog-policy`, { keep_days: days });
    for (const off of [0, '0']) expect(await set(off)).toMatchObject({ status: 200, body: {} });
    for (const on of [7, '7', 732]) expect(await set(on)).toMatchObject({ status: 400, body: { error_code: 'DBS.280343' } });
    for (const wrong of [1, 733, 'x', null, undefined]) {
      expect(await set(wrong)).toMatchObject({ status: 400, body: { error_code: 'DBS.280214' } });
    }
    const logs = (query: string, of = own) => api.admin('GET', `${of}/auditlog${query}`);
    const month = '?start_time=2026-10-01T00:00:00%2B0000&end_time=2026-10-31T00:00:00%2B0000';
    expect(await logs(`${month}&limit=100`)).toMatchObject({ status: 200, body: { audit_logs: [], total_record: 0 } });
    expect(await logs(`${month}&limit=101`)).toMatchObject({ status: 400, body: { error_code: 'DBS.280439' } });
    expect(await logs('')).toMatchObject({ status: 400, body: { error_code: 'DBS.280067' } });
    expect(await logs(month.replace('10-31', '11-01'))).toMatchObject({ status: 400, body: { error_code: 'DBS.280068' } });
    expect(await logs(month.replace('10-31', '09-30'))).toMatchObject({ status: 400, body: { error_code: 'DBS.280068' } });
    const unknown = `${P}/instances/${'0'.repeat(32)}in02`;
    for (const answer of [
      await api.admin('GET', `${unknown}/auditlog-policy`),
      await logs(month, unknown),
      await set(7, unknown),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { error_code: 'DBS.200002' } });
    }
  });

  it('refuse what would start or stop servers that are not ours, and rename and tag them', async () => {
    const own = `${P}/instances/${adopted}`;
    for (const [path, body] of [
      ['restart', {}],
      ['switch-ssl', { ssl_option: '1' }],
      ['modify-port', { port: 8700 }],
      ['enlarge-volume', { volume: { size: 30 } }],
      ['resize', { resize: { target_id: adopted, target_spec_code: flavor.spec_code } }],
      ['modify-security-group', { security_group_id: uuid }],
    ] as const) {
      expect(await api.admin('POST', `${own}/${path}`, body), path).toMatchObject({
        status: 400,
        body: { error_code: 'DBS.200004' },
      });
    }
    const password = { user_pwd: 'Pass-Word_1' };
    expect(await api.admin('PUT', `${own}/reset-password`, password)).toMatchObject({ body: { error_code: 'DBS.200004' } });
    expect(await api.admin('PUT', `${own}/modify-name`, { new_instance_name: 'renamed' })).toMatchObject({ status: 200 });
    const tags = { action: 'create', tags: [{ key: 'a', value: 'b' }] };
    expect(await api.admin('POST', `${own}/tags/action`, tags)).toMatchObject({ status: 200 });
    // A key that comes twice is a wrong key, whether tags are added, taken away or ordered; DBS.280484 is for too many.
    const twice = [{ key: 'a', value: 'b' }, { key: 'a' }];
    for (const [path, body] of [
      [`${own}/tags/action`, { action: 'create', tags: twice }],
      [`${own}/tags/action`, { action: 'delete', tags: twice }],
      [`${P}/instances`, { ...order, tags: twice }],
    ] as const) {
      expect(await api.admin('POST', path, body)).toMatchObject({ status: 400, body: { error_code: 'DBS.280482' } });
    }
    const many = await api.admin('POST', `${own}/tags/action`, { action: 'create', tags: tooMany });
    expect(many).toMatchObject({ status: 400, body: { error_code: 'DBS.280484' } });
    const list = await api.admin('GET', `${P}/instances?tags=a%3Db`);
    expect(list.body).toMatchObject({ instances: [{ id: adopted, name: 'renamed', tags: [{ key: 'a', value: 'b' }] }] });
  });
});
