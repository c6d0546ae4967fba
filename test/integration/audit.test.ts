import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidyCatalog } from '../../src/engine/keep-tidy.ts';
import { registeredRoutes } from '../api/registered-routes.ts';
import { adminPassword, openApiWorld, userPassword, type ApiWorld, type As } from '../fixtures/api-world.ts';

interface Entry {
  readonly id: string;
  readonly operation: string;
  readonly status: number;
  readonly [field: string]: unknown;
}

describe('the audit log', () => {
  let api: ApiWorld;
  let reader: As;
  let now = new Date('2026-03-01T10:00:00Z');

  beforeAll(async () => {
    api = await openApiWorld({ clock: { now: () => now } });
    reader = await api.newUser('reader', api.projectId, 'reader');
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const list = async (query = '', who: As = api.admin) => {
    const answer = await who('GET', `/larder/v1/${api.projectId}/audit${query}`);
    expect(answer.status).toBe(200);
    return answer.body as { entries: Entry[]; total_count: number };
  };
  const countAll = async () => (await list('?scope=all&limit=1')).total_count;

  it('says who did what, when, from where and what came of it', async () => {
    const adopted = await api.admin('POST', `/larder/v1/${api.projectId}/instances/adopt`, {
      name: 'orders',
      uri: 'mongodb://user:very-secret@a.example',
    });
    const { id } = adopted.body as { id: string };
    const refused = await reader('POST', `/v3/${api.projectId}/backups`, { backup: { instance_id: id, name: 'by-reader' } });
    expect((await list('?limit=2')).entries).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        time: '2026-03-01T10:00:00.000Z',
        project_id: api.projectId,
        user_id: reader.userId,
        user_name: 'reader',
        address: '127.0.0.1',
        method: 'POST',
        path: `/v3/${api.projectId}/backups`,
        operation: 'createBackup',
        status: 403,
        code: 'DBS.280063',
        request_id: refused.headers['x-request-id'],
        subjects: {},
      },
      expect.objectContaining({ operation: 'adoptInstance', status: 201, code: null, user_name: 'admin', subjects: { id } }),
    ]);
  });

  it('has an entry for every changing route, done or refused, whoever asks; reading writes none', async () => {
    const unchanging = await countAll();
    await api.admin('GET', `/v3/${api.projectId}/backups`);
    await api.admin('GET', '/v3/users');
    await api.send(null, 'OPTIONS', '/v3/users');
    expect(await countAll()).toBe(unchanging);
    const routes = (await registeredRoutes()).filter(({ method }) => method !== 'GET');
    expect(routes.length).toBeGreaterThan(45);
    for (const { method, url } of routes) {
      const address = url.replaceAll(/:(\w+)/g, (_, name: string) => (name === 'project_id' ? api.projectId : 'some-id'));
      for (const token of [null, reader.token]) {
        if (address === '/v3/auth/tokens' && method === 'DELETE') continue;
        const answer = await api.send(token, method, address, {});
        const [entry] = (await list('?scope=all&limit=1')).entries;
        expect(entry, `${method} ${url}`).toMatchObject({
          request_id: answer.headers['x-request-id'],
          status: answer.status,
          user_name: token === null || address === '/v3/auth/tokens' ? null : 'reader',
        });
      }
    }
  });

  it('knows of logins, failed ones of known users too, and of whoever tries another project', async () => {
    await api.as('reader', userPassword, api.projectId);
    await expect(api.as('reader', 'wrong-password', api.projectId)).rejects.toThrow('401');
    await expect(api.as('nobody-known', 'wrong-password', api.projectId)).rejects.toThrow('401');
    const { entries } = await list('?scope=all&operation=createToken&limit=3');
    expect(entries.map((entry) => [entry.status, entry['user_name']])).toEqual(
      expect.arrayContaining([
        [201, 'reader'],
        [401, 'reader'],
        [401, null],
      ]),
    );
    const { id } = await api.directory.createProject('default', { name: 'other' });
    const stranger = await api.newUser('stranger', id, 'admin');
    await stranger('DELETE', `/v3/${api.projectId}/backups/x`);
    expect((await list('?user=stranger')).entries).toMatchObject([{ status: 403, user_id: stranger.userId }]);
    // What is about no project, or another one, is not for the auditors of this one.
    const own = (await list('?limit=100')).entries;
    expect(own.filter((entry) => entry['project_id'] !== api.projectId)).toEqual([]);
    expect(await stranger('GET', `/larder/v1/${id}/audit?scope=all`)).toMatchObject({ status: 403 });
    expect(await reader('GET', `/larder/v1/${api.projectId}/audit`)).toMatchObject({ status: 403 });
  });

  it('names what was made', async () => {
    const made = await api.admin('POST', '/v3/users', { user: { name: 'greta', password: 'Gretas-Secret-1' } });
    const { user } = made.body as { user: { id: string } };
    await api.admin('PATCH', `/v3/users/${user.id}`, { user: { password: 'Gretas-Secret-2' } });
    const { entries } = await list('?scope=all&limit=2');
    expect(entries.map(({ subjects }) => subjects)).toContainEqual({ id: user.id, domain_id: 'default' });
    expect(entries.map(({ operation }) => operation).toSorted()).toEqual(['createUser', 'updateUser']);
  });

  it('holds no secret', async () => {
    const key = await api.admin('POST', `/larder/v1/${api.projectId}/access-keys`, {});
    const { secret } = key.body as { secret: string };
    const auth = { identity: { methods: ['token'], token: { id: api.admin.token } } };
    expect((await api.send(null, 'POST', '/v3/auth/tokens', { auth })).status).toBe(201);
    const rows = JSON.stringify(await api.world.catalog.db.selectFrom('audit_entries').selectAll().execute());
    expect(rows).toContain('createAccessKey');
    for (const word of [
      adminPassword,
      userPassword,
      'very-secret',
      'Gretas-Secret',
      'wrong-password',
      secret,
      api.admin.token,
      reader.token,
    ]) {
      expect(rows.includes(word), word.slice(0, 6)).toBe(false);
    }
  });

  it('filters and pages', async () => {
    const all: Entry[] = [];
    for (;;) {
      const marker = all.length === 0 ? '' : `&marker=${all.at(-1)!.id}`;
      const { entries, total_count: total } = await list(`?scope=all&limit=50${marker}`);
      all.push(...entries);
      if (entries.length < 50) {
        expect(all).toHaveLength(total);
        break;
      }
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const done = await list('?scope=all&result=done');
    const refused = await list('?scope=all&result=refused');
    expect(done.total_count + refused.total_count).toBe(all.length);
    expect(done.entries.every(({ status }) => status < 400)).toBe(true);
    expect((await list('?begin_time=2026-03-01 09:00:00&end_time=2026-03-01 09:59:59')).total_count).toBe(0);
    expect((await list('?scope=all&begin_time=2026-03-01 10:00:00&end_time=2026-03-01 10:00:00')).total_count).toBe(all.length);
    expect((await list(`?scope=all&user=${reader.userId}`)).total_count).toBe((await list('?scope=all&user=reader')).total_count);
  });

  it('is kept for as many days as set', async () => {
    const before = await countAll();
    now = new Date('2026-03-31T09:59:59Z');
    await tidyCatalog(api.world.deps, 30);
    const admin = await api.as('admin', adminPassword, api.projectId);
    expect((await list('?scope=all&limit=1', admin)).total_count).toBe(before + 1);
    now = new Date('2026-03-31T10:00:01Z');
    await tidyCatalog(api.world.deps, 30);
    expect((await list('?scope=all&limit=1', admin)).entries).toMatchObject([{ operation: 'createToken' }]);
    expect((await list('?scope=all', admin)).total_count).toBe(1);
  });
});
