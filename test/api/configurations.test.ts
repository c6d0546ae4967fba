import { afterAll, beforeAll, expect, it } from 'vitest';
import { findConfiguration } from '../../src/engine/configurations/find-configuration.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import type { OpenedRepository } from '../../src/repository/open-repository.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { openApiWorld, type ApiAnswer, type ApiWorld } from '../fixtures/api-world.ts';
import { openWorld } from '../fixtures/engine-world.ts';
import { testRepository } from '../fixtures/test-repository.ts';

/** Parameter templates over the real engine; what they do to servers is in own-instances.test.ts. */
let api: ApiWorld;
let repository: OpenedRepository;
let P: string;
let instance: string;
let mine: string;

interface Template {
  readonly id: string;
  readonly name: string;
  readonly node_type: string;
  readonly datastore_version: string;
  readonly user_defined: boolean;
}

const send = (method: string, path: string, body?: unknown) => api.admin(method, P + path, body);
const create = (fields: object): Promise<ApiAnswer> =>
  send('POST', '/configurations', { name: 'mine', datastore: { node_type: 'replica', version: '6.0' }, ...fields });

async function values(id: string): Promise<Record<string, string>> {
  const { body } = await send('GET', `/configurations/${id}`);
  const { parameters } = body as { parameters: { name: string; value: string }[] };
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
}

beforeAll(async () => {
  repository = await testRepository(createMemoryStore());
  api = await openApiWorld({ repository });
  P = `/v3/${api.projectId}`;
  const { body } = await api.admin('POST', `/larder/v1/${api.projectId}/instances/adopt`, {
    name: 'shop-set',
    uri: 'mongodb://a.example',
  });
  instance = (body as { id: string }).id;
});
afterAll(() => api[Symbol.asyncDispose]());

it('those with the defaults are there for every kind of server, and cannot be changed', async () => {
  const { body } = await send('GET', '/configurations?limit=2&offset=4');
  expect(body).toMatchObject({ total_count: 10, quota: 100 });
  const [first, second] = (body as { configurations: Template[] }).configurations;
  expect([first, second]).toMatchObject([
    { name: 'Default-DDS-6.0-Replica-Set', node_type: 'replica', datastore_version: '6.0', user_defined: false },
    { name: 'Default-DDS-6.0-Single', node_type: 'single' },
  ]);
  expect(first!.id).toMatch(/^[0-9a-f]{32}pr02$/);
  expect(await values(first!.id)).toMatchObject({ 'net.maxIncomingConnections': '65536', notablescan: 'false' });
  for (const [method, path] of [
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '/reset'],
  ] as const) {
    const answer = await send(method, `/configurations/${first!.id}${path}`, method === 'DELETE' ? undefined : {});
    expect(answer, method).toMatchObject({ status: 400, body: { error_code: 'DBS.200004' } });
  }
});

it('are made, shown, changed, compared, copied, reset and deleted, and tell what was changed in them', async () => {
  const made = await create({ description: 'first', parameter_values: { logLevel: 1, notablescan: true } });
  expect(made).toMatchObject({
    status: 200,
    body: { configuration: { name: 'mine', description: 'first', user_defined: true } },
  });
  mine = (made.body as { configuration: Template }).configuration.id;
  expect(await values(mine)).toMatchObject({ logLevel: '1', notablescan: 'true', ttlMonitorEnabled: 'true' });
  expect((await send('GET', '/configurations/name-validation?name=mine')).body).toEqual({ is_existed: true });
  expect((await send('GET', '/configurations/name-validation?name=yours')).body).toEqual({ is_existed: false });

  const change = { description: '', parameter_values: { logLevel: '2', cursorTimeoutMillis: '700000' } };
  expect(await send('PUT', `/configurations/${mine}`, change)).toMatchObject({ status: 200, body: {} });
  expect((await send('GET', `/configurations/${mine}`)).body).toMatchObject({ name: 'mine', description: '' });
  const { body: histories } = await send('GET', `/configurations/${mine}/histories`);
  expect(histories).toMatchObject({
    total_count: 2,
    histories: [
      { parameter_name: 'cursorTimeoutMillis', old_value: '600000', new_value: '700000' },
      { parameter_name: 'logLevel', old_value: '1', new_value: '2', update_result: 'SUCCESS' },
    ],
  });

  const copied = await send('POST', `/configurations/${mine}/copy`, { name: 'copy.of_mine-1' });
  const { configuration_id: copy } = copied.body as { configuration_id: string };
  expect(await values(copy)).toEqual(await values(mine));
  expect((await send('POST', `/configurations/${copy}/reset`)).status).toBe(200);
  expect(await values(copy)).toMatchObject({ logLevel: '0', notablescan: 'false' });
  const pair = { source_configuration_id: mine, target_configuration_id: copy };
  expect((await send('POST', '/configurations/comparison', pair)).body).toEqual({
    differences: [
      { parameter_name: 'cursorTimeoutMillis', source_value: '700000', target_value: '600000' },
      { parameter_name: 'logLevel', source_value: '2', target_value: '0' },
      { parameter_name: 'notablescan', source_value: 'true', target_value: 'false' },
    ],
  });
  expect(await send('DELETE', `/configurations/${copy}`)).toMatchObject({ status: 200, body: {} });
  expect(await send('GET', `/configurations/${copy}`)).toMatchObject({ status: 400, body: { error_code: 'DBS.200057' } });

  expect((await send('GET', `/configurations/${mine}/applicable-instances`)).body).toEqual({
    instances: [{ instance_id: instance, instance_name: 'shop-set' }],
    total_count: 1,
  });
  expect((await send('GET', `/configurations/${mine}/applied-histories`)).body).toEqual({ histories: [], total_count: 0 });
});

it('what is wrong is refused with its code, and changes nothing', async () => {
  const before = (await send('GET', '/configurations')).body;
  const set = { parameter_values: { 'net.maxIncomingConnections': '100' }, entity_id: instance };
  const single = (before as { configurations: Template[] }).configurations.find(({ node_type: type }) => type === 'single')!;
  const running = { id: '1', configurationId: mine };
  const refusals: readonly (readonly [string, () => Promise<ApiAnswer>])[] = [
    ['DBS.212030', () => create({})],
    ['DBS.212030', () => create({ name: 'Default-DDS-6.0-Single' })],
    ['DBS.212031', () => create({ name: 'a b' })],
    ['DBS.212031', () => send('POST', `/configurations/${mine}/copy`, { name: 'x'.repeat(65) })],
    ['DBS.212028', () => create({ name: 'other', description: 'a<b' })],
    ['DBS.280327', () => create({ name: 'other', datastore: { node_type: 'mongos', version: '6.0' } })],
    ['DBS.280236', () => create({ name: 'other', datastore: { node_type: 'single', version: '3.4' } })],
    ['DBS.280001', () => create({ name: 'other', parameter_values: { logLevel: 6 } })],
    ['DBS.280001', () => create({ name: 'other', parameter_values: { notablescan: 'maybe' } })],
    ['DBS.280001', () => create({ name: 'other', parameter_values: { shell: '1' } })],
    ['DBS.200057', () => send('GET', `/configurations/${'0'.repeat(32)}pr02`)],
    ['DBS.280001', () => send('PUT', `/configurations/${mine}/apply`, { entity_ids: [] })],
    ['DBS.200002', () => send('PUT', `/configurations/${mine}/apply`, { entity_ids: [`${'0'.repeat(32)}in02`] })],
    ['DBS.200057', () => send('PUT', `/configurations/${single.id}/apply`, { entity_ids: [instance] })],
    ['DBS.280001', () => send('GET', `/instances/${instance}/configurations`)],
    ['DBS.200451', () => send('GET', `/instances/${instance}/configurations?entity_id=${instance}x`)],
    ['DBS.200004', () => send('PUT', `/instances/${instance}/configurations`, set)],
    ['DBS.280001', () => send('PUT', `/instances/${instance}/configurations`, { entity_id: instance, parameter_values: {} })],
    [
      'DBS.280001',
      () => send('POST', '/configurations/comparison', { source_configuration_id: mine, target_configuration_id: single.id }),
    ],
    [
      'DBS.212032',
      async () => {
        expect((await send('PUT', `/configurations/${running.configurationId}/apply`, { entity_ids: [instance] })).status).toBe(
          200,
        );
        return send('DELETE', `/configurations/${mine}`);
      },
    ],
  ];
  for (const [code, call] of refusals) {
    const answer = await call();
    expect((answer.body as { error_code: string }).error_code, `${code} ${call.toString()}`).toBe(code);
  }
  expect((await send('GET', '/configurations')).body).toEqual(before);
});

it('are seen and used by nobody of another project, and not changed by who may only read', async () => {
  const { body } = await api.admin('POST', '/v3/projects', { project: { name: 'other', domain_id: 'default' } });
  const other = (body as { project: { id: string } }).project.id;
  const stranger = await api.newUser('stranger', other, 'admin');
  const refused = { status: 400, body: { error_code: 'DBS.200057' } };
  expect(await stranger('GET', `/v3/${other}/configurations/${mine}`)).toMatchObject(refused);
  expect(await stranger('DELETE', `/v3/${other}/configurations/${mine}`)).toMatchObject(refused);
  expect(await stranger('POST', `/v3/${other}/configurations/${mine}/copy`, { name: 'taken' })).toMatchObject(refused);
  expect((await stranger('GET', `/v3/${other}/configurations`)).body).toMatchObject({ total_count: 10 });
  const reader = await api.newUser('looks-only', api.projectId, 'reader');
  expect((await reader('GET', `${P}/configurations/${mine}`)).status).toBe(200);
  expect(await reader('PUT', `${P}/configurations/${mine}`, {})).toMatchObject({
    status: 403,
    body: { error_code: 'DBS.280063' },
  });
});

it('come back from the repository when the catalog is lost', async () => {
  await using found = await openWorld({ repository });
  await recoverCatalog(found.deps);
  expect(await findConfiguration(found.catalog.db, api.projectId, mine)).toMatchObject({
    name: 'mine',
    values: { logLevel: '2', notablescan: 'true', cursorTimeoutMillis: '700000' },
  });
});
