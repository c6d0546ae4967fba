import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildServer } from '../../src/api/build-server.ts';
import { createAudit } from '../../src/engine/audit.ts';
import { createDirectory } from '../../src/engine/create-directory.ts';
import { createIdentity } from '../../src/engine/create-identity.ts';
import { createArchives } from '../../src/engine/export/archives.ts';
import { createInstances } from '../../src/engine/instances/create-instances.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { trustedMs } from '../../src/engine/keystone/check-tokens.ts';
import { keystoneClient } from '../../src/engine/keystone/keystone-client.ts';
import { createKeystoneIdentity } from '../../src/engine/keystone/keystone-identity.ts';
import { parseKeystoneToken } from '../../src/engine/keystone/parse-token.ts';
import { readRecords } from '../../src/engine/records.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { startKeystone, type TestKeystone } from '../fixtures/start-keystone.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const clock = movableClock(systemClock.now().toISOString());
const userPassword = 'Keystone-User-1';

/** The API over an engine whose identity is a real Keystone's. */
describe('an outer Keystone', () => {
  let keystone: TestKeystone;
  let folder: TemporaryFolder;
  let world: EngineWorld;
  let server: FastifyInstance;
  let localProject: string;
  /** A token of Keystone's own administrator, with which it is set up. */
  let root: string;
  let projects: Readonly<Record<'shop' | 'crm', string>>;

  const ask = async (
    method: string,
    path: string,
    token: string | null,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(keystone.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers, ...(token === null ? {} : { 'x-auth-token': token }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return { headers: answer.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, Record<string, string>>) };
  };
  const login = (name: string, password: string, project: string | null) => ({
    auth: {
      identity: { methods: ['password'], password: { user: { name, password, domain: { name: 'Default' } } } },
      ...(project === null ? {} : { scope: { project: { name: project, domain: { name: 'Default' } } } }),
    },
  });
  /** A token that Keystone itself gave out. */
  const tokenOf = async (name: string, project: string | null, password = userPassword): Promise<string> =>
    (await ask('POST', '/auth/tokens', null, login(name, password, project))).headers.get('x-subject-token') ?? '';
  beforeAll(async () => {
    keystone = await startKeystone();
    folder = await temporaryFolder();
    root = await tokenOf('admin', 'eu-de_default', keystone.password);
    const create = async (kind: string, one: string, fields: object): Promise<string> =>
      (await ask('POST', `/${kind}`, root, { [one]: fields })).body[one]?.['id'] ?? '';
    projects = {
      shop: await create('projects', 'project', { name: 'shop', domain_id: 'default' }),
      crm: await create('projects', 'project', { name: 'crm', domain_id: 'default' }),
    };
    const { roles } = (await ask('GET', '/roles', root)).body as unknown as { roles: { id: string; name: string }[] };
    const ids = new Map(roles.map(({ id, name }) => [name, id]));
    ids.set('night-shift', await create('roles', 'role', { name: 'night-shift' }));
    for (const [name, role] of [
      ['anna', 'admin'],
      ['bert', 'member'],
      ['carl', 'reader'],
      ['dora', 'night-shift'],
    ] as const) {
      const user = await create('users', 'user', { name, password: userPassword, domain_id: 'default' });
      if (name === 'dora') await ask('PUT', `/projects/${projects.crm}/users/${user}/roles/${ids.get(role)}`, root);
      await ask('PUT', `/projects/${projects.shop}/users/${user}/roles/${ids.get(role)}`, root);
    }
    const service = await create('services', 'service', { type: 'ddsv3', name: 'dds' });
    await create('endpoints', 'endpoint', {
      service_id: service,
      interface: 'public',
      region_id: 'eu-de',
      url: 'http://larder.example:8440/v3/$(project_id)s',
    });

    world = await openWorld({ clock });
    const { projectId } = await firstStart(world.deps, {
      region: 'eu-de',
      dataFolder: folder.path,
      adminPassword: 'Local-Admin-1',
    });
    localProject = projectId;
    const { identity, outer } = createKeystoneIdentity(world.deps, {
      ask: keystoneClient(keystone.url, 300_000),
      roles: { admin: 'admin', member: 'operator', reader: 'reader' },
    });
    server = await buildServer({
      useCases: world.useCases,
      instances: createInstances(world.deps),
      identity,
      outerIdentity: outer,
      directory: createDirectory(world.deps),
      audit: createAudit(world.deps),
      archives: createArchives(world.deps, 'larder-test'),
      region: 'eu-de',
      clock,
      version: '0.1.0',
    });
  });
  afterAll(async () => {
    await server.close();
    await world[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
    await keystone[Symbol.asyncDispose]();
  });
  // What was remembered of one test's tokens must not decide the next.
  beforeEach(() => clock.moveBy(60_000));

  const send = async (token: string | null, method: string, url: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await server.inject({
      method: method as 'GET',
      url,
      headers: { ...headers, ...(token === null ? {} : { 'x-auth-token': token }) },
      ...(body === undefined ? {} : { payload: body }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: (answer.body === '' ? null : JSON.parse(answer.body)) as Record<string, never> | null,
    };
  };
  const backups = (token: string, project: string = projects.shop) => send(token, 'GET', `/v3/${project}/backups`);

  it('a token of it opens DDS for its own project, which becomes one of Larder’s', async () => {
    const token = await tokenOf('anna', 'shop');
    expect(await backups(token)).toMatchObject({ status: 200, body: { backups: [], total_count: 0 } });
    const adopted = await send(token, 'POST', `/larder/v1/${projects.shop}/instances/adopt`, {
      name: 'orders',
      uri: 'mongodb://a.example',
    });
    expect(adopted.status).toBe(201);
    const backup = { instance_id: adopted.body!['id'], name: 'from-outside' };
    expect(await send(token, 'POST', `/v3/${projects.shop}/backups`, { backup })).toMatchObject({ status: 200 });
    expect((await backups(token)).body).toMatchObject({ total_count: 1 });
    const { rows } = await createAudit(world.deps).list({ projectId: projects.shop, offset: 0, limit: 9 });
    expect(rows[0]).toMatchObject({ userName: 'anna', operation: 'createBackup', status: 200 });
    // With bucket and key alone it comes back.
    expect(await readRecords(world.repository, 'project')).toContainEqual({
      id: projects.shop,
      record: expect.objectContaining({ name: 'shop', domainId: 'default' }),
    });
  });

  it('another project, no project, a token of nobody and one of Larder’s own', async () => {
    const forbidden = { status: 403, body: { error_code: 'DBS.280032' } };
    const unknown = { status: 401, body: { error_code: 'DBS.280056' } };
    const token = await tokenOf('anna', 'shop');
    expect(await backups(token, projects.crm)).toMatchObject(forbidden);
    expect(await backups(token, localProject)).toMatchObject(forbidden);
    expect(await backups(await tokenOf('anna', null))).toMatchObject(forbidden);
    for (const other of ['nonsense', 'x'.repeat(5000), `${token}x`]) expect(await backups(other)).toMatchObject(unknown);
    const user = { name: 'admin', domain: { name: 'Default' } };
    const local = await createIdentity(world.deps).loginWithPassword(
      { user, password: 'Local-Admin-1' },
      { kind: 'project', project: { id: localProject } },
    );
    expect(await backups(local.token, localProject)).toMatchObject(unknown);
  });

  it('its roles are mapped; one that is not permits nothing and makes no project', async () => {
    const [bert, carl, dora] = [await tokenOf('bert', 'shop'), await tokenOf('carl', 'shop'), await tokenOf('dora', 'crm')];
    const remove = (token: string, project: string = projects.shop) => send(token, 'DELETE', `/v3/${project}/backups/none`);
    expect(await remove(await tokenOf('anna', 'shop'))).toMatchObject({ status: 400, body: { error_code: 'DBS.201214' } });
    for (const token of [bert, carl]) {
      expect(await remove(token)).toMatchObject({ status: 403, body: { error_code: 'DBS.280063' } });
      expect((await backups(token)).status).toBe(200);
    }
    const create = { backup: { instance_id: 'none', name: 'none' } };
    expect(await send(bert, 'POST', `/v3/${projects.shop}/backups`, create)).toMatchObject({
      body: { error_code: 'DBS.280404' },
    });
    expect(await send(carl, 'POST', `/v3/${projects.shop}/backups`, create)).toMatchObject({
      body: { error_code: 'DBS.280063' },
    });
    expect((await backups(dora, projects.crm)).status).toBe(403);
    expect((await send(dora, 'GET', `/v3/${projects.crm}/jobs?id=x`)).status).toBe(403);
    const known = await world.catalog.db.selectFrom('projects').select('id').execute();
    expect(known.map(({ id }) => id)).not.toContain(projects.crm);
    expect(await send(await tokenOf('anna', 'shop'), 'GET', `/larder/v1/${projects.shop}/audit?scope=all`)).toMatchObject({
      status: 403,
    });
  });

  it('a revoked token is refused: at once where it was revoked through Larder, else when the short memory is over', async () => {
    const [one, other] = [await tokenOf('anna', 'shop'), await tokenOf('anna', 'shop')];
    for (const token of [one, other]) expect((await backups(token)).status).toBe(200);
    expect((await send(one, 'DELETE', '/v3/auth/tokens', undefined, { 'x-subject-token': one })).status).toBe(204);
    expect((await backups(one)).status).toBe(401);
    await ask('DELETE', '/auth/tokens', root, undefined, { 'x-subject-token': other });
    expect((await backups(other)).status).toBe(200);
    clock.moveBy(trustedMs + 1);
    expect((await backups(other)).status).toBe(401);
  });

  it('an expired token is refused even while it is remembered', async () => {
    const token = await tokenOf('anna', 'shop');
    expect((await backups(token)).status).toBe(200);
    const { token: shown } = (await ask('GET', '/auth/tokens', root, undefined, { 'x-subject-token': token }))
      .body as unknown as { token: { expires_at: string } };
    const now = clock.now();
    clock.moveTo(shown.expires_at);
    expect((await backups(token)).status).toBe(401);
    clock.moveTo(now);
  });

  it('clients find their way through Larder: token, catalog, projects; users are managed elsewhere', async () => {
    const made = await send(null, 'POST', '/v3/auth/tokens', login('anna', userPassword, 'shop'));
    expect(made).toMatchObject({ status: 201, body: { token: { user: { name: 'anna' }, project: { id: projects.shop } } } });
    const token = String(made.headers['x-subject-token']);
    const dds = expect.objectContaining({ url: `http://larder.example:8440/v3/${projects.shop}` });
    const catalog = expect.arrayContaining([expect.objectContaining({ type: 'ddsv3', endpoints: [dds] })]);
    expect(made.body!['token']).toMatchObject({ catalog });
    expect((await send(token, 'GET', '/v3/auth/catalog')).body).toMatchObject({ catalog });
    expect((await send(token, 'GET', '/v3/auth/projects')).body).toMatchObject({ projects: [{ id: projects.shop }] });
    const own = { 'x-subject-token': token };
    expect(await send(token, 'GET', '/v3/auth/tokens', undefined, own)).toMatchObject({ status: 200, headers: own });
    expect(await send(token, 'HEAD', '/v3/auth/tokens', undefined, own)).toMatchObject({ status: 200, body: null });
    expect((await send(token, 'GET', `/v3/projects/${projects.shop}`)).body).toMatchObject({ project: { name: 'shop' } });
    expect(await send(token, 'GET', '/v3/projects/..%2fusers')).toMatchObject({ status: 404 });
    expect(await send(null, 'POST', '/v3/auth/tokens', login('anna', 'wrong', 'shop'))).toMatchObject({
      status: 401,
      body: { error: { code: 401 } },
    });
    expect(await send(token, 'GET', '/v3/users')).toMatchObject({ status: 400, body: { error: { code: 400 } } });
    expect(await send(token, 'POST', `/larder/v1/${projects.shop}/access-keys`)).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.280343' },
    });
    const { rows } = await createAudit(world.deps).list({ projectId: null, operation: 'createToken', offset: 0, limit: 2 });
    expect(rows).toMatchObject([
      { status: 401, userName: null },
      { status: 201, userName: 'anna' },
    ]);
  });

  it('the real server takes it from its settings', async () => {
    await using larder = await startLarder({ settings: { LARDER_KEYSTONE_URL: keystone.url } });
    // A busy machine may take longer than a server waits for its Keystone; the next request asks again.
    await until(async () => (await larder.send('GET', `/v3/${larder.projectId}/backups`)).ok, {
      what: 'an answer of Keystone in time',
    });
    expect(await larder.call('GET', `/v3/${larder.projectId}/backups`)).toEqual({ backups: [], total_count: 0 });
    expect(await larder.call('GET', '/v3/auth/projects')).toMatchObject({
      projects: [{ id: larder.projectId, name: 'eu-de_default' }],
    });
  });

  it('nobody is let in while it does not answer, and what is documented says so', async () => {
    const token = await tokenOf('anna', 'shop');
    const remembered = await tokenOf('anna', 'shop');
    expect((await backups(remembered)).status).toBe(200);
    await keystone.stop();
    const down = { status: 503, body: { error_code: 'DBS.280005', error_msg: expect.stringContaining('identity service') } };
    expect(await backups(token)).toMatchObject(down);
    expect((await backups(remembered)).status).toBe(200);
    clock.moveBy(trustedMs + 1);
    expect(await backups(remembered)).toMatchObject(down);
    const asked = await send(null, 'POST', '/v3/auth/tokens', login('anna', userPassword, 'shop'));
    expect(asked).toMatchObject({ status: 503, body: { error: { code: 503 } } });
    expect(JSON.stringify([asked.body, (await backups(token)).body])).not.toContain(new URL(keystone.url).host);
  });
});

describe('an answer of something that is no Keystone', () => {
  const token = {
    user: { id: 'u', name: 'u', domain: { id: 'd', name: 'd' } },
    issued_at: '2026-01-01T00:00:00Z',
    expires_at: '2026-01-02T00:00:00Z',
  };
  it.each([
    ['HTML', '<html></html>'],
    ['nothing', ''],
    ['a token without a user', JSON.stringify({ token: { ...token, user: undefined } })],
    ['a token without an end', JSON.stringify({ token: { ...token, expires_at: 'never' } })],
    ['a user without a domain', JSON.stringify({ token: { ...token, user: { id: 'u', name: 'u' } } })],
    ['a name that is none', JSON.stringify({ token: { ...token, user: { ...token.user, name: 'a\u0000b' } } })],
  ])('opens nothing: %s', (_what, body) => {
    expect(parseKeystoneToken(body)).toBeNull();
  });

  it('a project that is none gives no project, roles that are none no roles', () => {
    const body = JSON.stringify({ token: { ...token, project: { id: 5 }, roles: [5, { name: 'admin' }], methods: 'password' } });
    expect(parseKeystoneToken(body)).toMatchObject({ project: null, roles: [], methods: [] });
  });
});
