import { describe, expect, it } from 'vitest';
import { startCheckedApi } from './checked-api.ts';
import { otherProjectId, password, projectId } from './fake-stack.ts';

const url = '/v3/auth/tokens';
const host = { host: 'larder.example:8440' };

function login(
  scope?: unknown,
  user: unknown = { name: 'admin', password, domain: { name: 'Default' } },
  methods = ['password'],
) {
  return { auth: { identity: { methods, password: { user } }, ...(scope === undefined ? {} : { scope }) } };
}

describe('a token for a password', () => {
  it.each([
    ['a name with the name of a domain', { project: { name: 'eu-de_default', domain: { name: 'Default' } } }],
    ['a name with the id of a domain', { project: { name: 'eu-de_default', domain: { id: 'd1' } } }],
    ['a name alone', { project: { name: 'eu-de_default' } }],
    ['an id', { project: { id: projectId } }],
  ])('is scoped to a project by %s', async (_how, scope) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url, token: null, body: login(scope), headers: host });
    expect(answer.status).toBe(201);
    const text = answer.headers['x-subject-token'] ?? '';
    expect(text).not.toBe('');
    expect(answer.body).toMatchObject({
      token: {
        methods: ['password'],
        issued_at: '2026-11-23T09:38:10.123000Z',
        expires_at: '2026-11-24T09:38:10.123000Z',
        user: { name: 'admin', domain: { name: 'Default' } },
        project: { id: projectId, name: 'eu-de_default', domain: { name: 'Default' } },
        catalog: [
          {
            type: 'identity',
            endpoints: [{ interface: 'public', region: 'eu-de', region_id: 'eu-de', url: 'http://larder.example:8440/v3' }],
          },
          { type: 'ddsv3', endpoints: [{ url: `http://larder.example:8440/v3/${projectId}` }] },
        ],
      },
    });
    expect(JSON.stringify(answer.body)).not.toContain(text);
    expect((await api.send({ url: `/v3/${projectId}/backups`, token: text })).status).toBe(200);
  });

  it('is scoped to a domain, or to nothing, and then names no project', async () => {
    await using api = await startCheckedApi();
    const domain = await api.send({ method: 'POST', url, token: null, body: login({ domain: { name: 'Default' } }) });
    expect(domain).toMatchObject({
      status: 201,
      body: { token: { domain: { name: 'Default' }, catalog: [{ type: 'identity' }] } },
    });
    expect(domain.body).not.toHaveProperty('token.project');
    for (const scope of [undefined, null, 'unscoped', {}, { unscoped: {} }]) {
      const none = await api.send({ method: 'POST', url, token: null, body: login(scope) });
      expect(none.status).toBe(201);
      expect(none.body).not.toHaveProperty('token.project');
      expect(none.body).not.toHaveProperty('token.catalog');
    }
  });

  it('leaves the catalog out when asked to', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({
      method: 'POST',
      url: `${url}?nocatalog`,
      token: null,
      body: login({ project: { id: projectId } }),
    });
    expect(answer.status).toBe(201);
    expect(answer.body).not.toHaveProperty('token.catalog');
  });

  it('hands on every way to name a user, and takes a second factor along', async () => {
    await using api = await startCheckedApi();
    const users: [unknown, unknown][] = [
      [{ id: 'a0000000000000000000000000000001', password }, { id: 'a0000000000000000000000000000001' }],
      [{ name: 'admin', password }, { name: 'admin' }],
      [
        { name: 'admin', password, domain: { id: 'd1' } },
        { name: 'admin', domain: { id: 'd1' } },
      ],
    ];
    for (const [sent, expected] of users) {
      expect(await api.send({ method: 'POST', url, token: null, body: login(undefined, sent) })).toMatchObject({ status: 201 });
      expect(api.calls.at(-1)?.request).toEqual({ login: { user: expected, password }, scope: { kind: 'none' } });
    }
    const totp = login(undefined, { name: 'admin', password }, ['password', 'totp']);
    expect(await api.send({ method: 'POST', url, token: null, body: totp })).toMatchObject({ status: 201 });
  });

  it('is refused the same way for an unknown user and for a wrong password', async () => {
    await using api = await startCheckedApi();
    for (const user of [
      { name: 'nobody', password },
      { name: 'admin', password: 'wrong' },
    ]) {
      const answer = await api.send({ method: 'POST', url, token: null, body: login(undefined, user) });
      expect(answer).toMatchObject({
        status: 401,
        body: { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } },
      });
      expect(answer.headers['x-subject-token']).toBeUndefined();
    }
  });

  it('is 401 for an unknown project', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url, token: null, body: login({ project: { name: 'nope' } }) });
    expect(answer.status).toBe(401);
  });

  it.each([
    ['no body', undefined],
    ['no JSON', '{'],
    ['no auth', {}],
    ['no methods', { auth: { identity: {} } }],
    ['empty methods', { auth: { identity: { methods: [] } } }],
    ['an unknown method', { auth: { identity: { methods: ['magic'] } } }],
    ['a password without a user', { auth: { identity: { methods: ['password'] } } }],
    ['a user without a name', login(undefined, { password })],
    ['a password that is a number', login(undefined, { name: 'admin', password: 5 })],
    ['a project without a name', login({ project: {} })],
    ['a scope that is a number', login(5)],
    ['a token without an id', { auth: { identity: { methods: ['token'] } } }],
  ])('is 400 for %s, and the answer does not repeat the password', async (_what, body) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url, token: null, body });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain(password);
  });
});

describe('a token for a token', () => {
  it('has the scope asked for', async () => {
    await using api = await startCheckedApi();
    const scope = { project: { id: projectId } };
    const body = { auth: { identity: { methods: ['token'], token: { id: api.token({ kind: 'none' }) } }, scope } };
    expect(await api.send({ method: 'POST', url, token: null, body })).toMatchObject({
      status: 201,
      body: { token: { project: { id: projectId } } },
    });
    const unknown = { auth: { identity: { methods: ['token'], token: { id: 'nonsense' } } } };
    expect(await api.send({ method: 'POST', url, token: null, body: unknown })).toMatchObject({ status: 401 });
  });
});

describe('checking and revoking', () => {
  it('shows a token and sends it back in the header', async () => {
    await using api = await startCheckedApi();
    const token = api.token();
    const answer = await api.send({ url, token, headers: { 'x-subject-token': token } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'x-subject-token': token },
      body: { token: { project: { id: projectId } } },
    });
    const head = await api.send({ method: 'HEAD', url, token, headers: { 'x-subject-token': token } });
    expect(head).toMatchObject({ status: 200, body: null, headers: { 'x-subject-token': token } });
  });

  it('is 404 for a token that is unknown, and 400 for none', async () => {
    await using api = await startCheckedApi();
    expect((await api.send({ url, headers: { 'x-subject-token': 'nonsense' } })).status).toBe(404);
    expect((await api.send({ url })).status).toBe(400);
    expect((await api.send({ url, token: null, headers: { 'x-subject-token': api.token() } })).status).toBe(401);
  });

  it('ends a token', async () => {
    await using api = await startCheckedApi();
    const [token, subject] = [api.token(), api.token()];
    expect(await api.send({ method: 'DELETE', url, token, headers: { 'x-subject-token': subject } })).toMatchObject({
      status: 204,
      body: null,
    });
    expect((await api.send({ url: `/v3/${projectId}/backups`, token: subject })).status).toBe(401);
    expect((await api.send({ method: 'DELETE', url, token, headers: { 'x-subject-token': subject } })).status).toBe(404);
  });
});

describe('projects, domains and the catalog', () => {
  it('lists projects under both addresses, on one page', async () => {
    await using api = await startCheckedApi();
    for (const address of ['/v3/projects', '/v3/auth/projects']) {
      const all = await api.send({ url: address, headers: host });
      expect(all).toMatchObject({
        status: 200,
        body: { links: { self: `http://larder.example:8440${address}`, next: null, previous: null } },
      });
      expect((all.body as { projects: unknown[] }).projects).toHaveLength(2);
      const one = await api.send({ url: `${address}?name=eu-de_default` });
      expect((one.body as { projects: unknown[] }).projects).toEqual([
        expect.objectContaining({ id: projectId, name: 'eu-de_default', enabled: true, is_domain: false }),
      ]);
    }
  });

  it('shows a project of the caller only', async () => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: `/v3/projects/${projectId}` })).toMatchObject({
      status: 200,
      body: { project: { id: projectId } },
    });
    expect((await api.send({ url: `/v3/projects/${otherProjectId}` })).status).toBe(404);
  });

  it('lists domains by name', async () => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: '/v3/auth/domains?name=Default' })).toMatchObject({
      body: { domains: [{ name: 'Default', enabled: true }] },
    });
    expect(await api.send({ url: '/v3/auth/domains?name=Other' })).toMatchObject({ body: { domains: [] } });
  });

  it('shows the catalog of the token’s project', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ url: '/v3/auth/catalog', headers: host });
    expect(answer.body).toMatchObject({
      catalog: [{ type: 'identity' }, { type: 'ddsv3', endpoints: [{ url: `http://larder.example:8440/v3/${projectId}` }] }],
      links: { next: null },
    });
  });

  it('never builds a link from a Host header that is no host', async () => {
    await using api = await startCheckedApi();
    for (const bad of ['a b', 'x"onload=', 'evil/path', '@']) {
      const { body } = await api.send({ url: '/v3/auth/catalog', headers: { host: bad } });
      expect(JSON.stringify(body)).not.toContain(bad);
    }
  });
});

describe('discovery', () => {
  const version = {
    id: 'v3',
    status: 'CURRENT',
    links: [{ rel: 'self', href: 'http://larder.example:8440/v3/' }],
    updated: '2017-02-07T17:34:02Z',
  };

  it('asks for no token and leads back to the address of the client', async () => {
    await using api = await startCheckedApi();
    expect(await api.send({ url: '/v3', token: null, headers: host })).toMatchObject({ status: 200, body: { version } });
    expect(await api.send({ url: '/v3/', token: null, headers: host })).toMatchObject({ status: 200, body: { version } });
    expect(await api.send({ url: '/', token: null, headers: host })).toMatchObject({
      status: 200,
      body: { versions: [version] },
    });
  });
});

it('addresses of the identity service that do not exist are 404 in its own form', async () => {
  await using api = await startCheckedApi();
  for (const address of ['/v3/credentials', '/v3/auth/nonsense', '/v3/OS-FEDERATION/x', '/v3/auth/backups', '/v3/projects/a/b']) {
    expect((await api.send({ url: address })).body, address).toMatchObject({ error: { code: 404, title: 'Not Found' } });
  }
});
