import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminPassword, openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { runLarder } from '../fixtures/run-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

let api: ApiWorld;
let folder: TemporaryFolder;
let endpoint: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  api = await openApiWorld();
  endpoint = await api.server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Runs `larder` in this process against the real API. */
async function larder(
  args: readonly string[],
  { user = 'admin', password = adminPassword, input = '' }: { user?: string; password?: string; input?: string } = {},
): Promise<{ code: number; out: string; err: string; json: Record<string, unknown> }> {
  const env = { LARDER_ENDPOINT: endpoint, OS_USERNAME: user, OS_PASSWORD: password, OS_PROJECT_ID: api.projectId };
  const { code, stdout: out, stderr: err } = await runLarder([...args, '--json'], { env, folder: folder.path, input });
  return { code, out, err, json: out === '' ? {} : (JSON.parse(out) as Record<string, unknown>) };
}

it('a user is made with a role, uses it, is changed, shut out and deleted', async () => {
  const made = await larder(['user', 'create', '--name', 'anna', '--role', 'reader', '--project', 'eu-de_default']);
  expect(made).toMatchObject({ code: 0, json: { name: 'anna', enabled: true } });
  const password = String(made.json['password']);
  expect(password.length).toBeGreaterThan(20);
  const as = { user: 'anna', password };
  expect(await larder(['backup', 'list'], as)).toMatchObject({ code: 0, json: { backups: [] } });
  const refused = await larder(['instance', 'adopt', '--name', 'orders', '--uri', 'mongodb://a.example'], as);
  expect(refused.code).toBe(6);
  expect(JSON.parse(refused.err)).toMatchObject({ code: 'DBS.280063', message: expect.stringContaining('dds:instance:create') });
  expect(await larder(['user', 'list'], as)).toMatchObject({ code: 6 });

  expect(await larder(['user', 'show', 'anna'])).toMatchObject({
    code: 0,
    json: { name: 'anna', roles: [{ scope: 'eu-de_default', roles: ['reader'] }] },
  });
  const set = ['user', 'set', 'anna', '--grant', 'operator', '--revoke', 'reader', '--project', 'eu-de_default', '--password'];
  expect(await larder([...set, '--description', 'desk'], { input: 'Chosen-By-Anna-1\n' })).toMatchObject({
    code: 0,
    json: { description: 'desk' },
  });
  expect((await larder(['backup', 'list'], as)).code).toBe(6);
  const now = { user: 'anna', password: 'Chosen-By-Anna-1' };
  expect((await larder(['instance', 'adopt', '--name', 'orders', '--uri', 'mongodb://a.example'], now)).code).toBe(0);
  expect(await larder(['user', 'set', 'anna', '--disable'])).toMatchObject({ code: 0, json: { enabled: false } });
  expect((await larder(['backup', 'list'], now)).code).toBe(6);
  expect((await larder(['user', 'set', 'anna', '--enable', '--disable'])).code).toBe(2);
  expect((await larder(['user', 'delete', 'anna'])).code).toBe(2);
  expect(await larder(['user', 'delete', 'anna', '--yes'])).toMatchObject({ code: 0, json: { deleted: true } });
  expect((await larder(['user', 'show', 'anna'])).code).toBe(3);
});

it('what is wrong changes nothing and says what it is', async () => {
  expect((await larder(['user', 'create', '--name', 'bert', '--role', 'nothing-like-it'])).code).toBe(3);
  expect((await larder(['user', 'create', '--name', 'bert', '--password'], { input: 'short\n' })).code).toBe(2);
  expect((await larder(['user', 'show', 'bert'])).code).toBe(3);
  const taken = await larder(['user', 'create', '--name', 'admin']);
  expect(taken.code).toBe(4);
  expect((await larder(['user', 'delete', 'admin', '--yes'])).code).toBe(2);
});

it('the audit log tells of it, filtered', async () => {
  const all = (await larder(['audit', 'list', '--all', '--limit', '200'])).json as { entries: { operation: string }[] };
  expect(all.entries.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(['createUser', 'deleteUser', 'createToken']),
  );
  const refused = await larder(['audit', 'list', '--refused', '--user', 'anna', '--operation', 'adoptInstance']);
  expect(refused.json).toMatchObject({ entries: [{ status: 403, code: 'DBS.280063', user_name: 'anna' }] });
  const past = await larder(['audit', 'list', '--since', '2020-01-01', '--until', '2020-01-02']);
  expect(past.json).toEqual({ entries: [] });
  expect((await larder(['audit', 'list', '--since', '2020-01-01'])).code).toBe(2);
  expect((await larder(['audit', 'list', '--limit', '0'])).code).toBe(2);
});

it('projects and roles are made, changed and deleted', async () => {
  expect(await larder(['project', 'create', '--name', 'eu-de_second'])).toMatchObject({
    code: 0,
    json: { name: 'eu-de_second' },
  });
  expect(await larder(['project', 'set', 'eu-de_second', '--disable', '--name', 'closed'])).toMatchObject({ code: 0 });
  expect(await larder(['project', 'show', 'closed'])).toMatchObject({ json: { enabled: false } });
  const { projects } = (await larder(['project', 'list'])).json as { projects: { name: string }[] };
  expect(projects.map(({ name }) => name)).toEqual(['closed', 'eu-de_default']);
  expect(await larder(['project', 'delete', 'closed', '--yes'])).toMatchObject({ code: 0 });
  expect((await larder(['project', 'delete', 'eu-de_default', '--yes'])).code).toBe(4);

  const policy = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['dds:backup:list'] }] };
  await writeFile(join(folder.path, 'policy.json'), JSON.stringify(policy));
  await writeFile(join(folder.path, 'wrong.json'), JSON.stringify({ ...policy, Version: '5.0' }));
  const create = ['role', 'create', '--name', 'looker', '--policy'];
  expect((await larder([...create, 'wrong.json'])).code).toBe(2);
  expect((await larder([...create, 'missing.json'])).code).toBe(2);
  expect(await larder([...create, 'policy.json'])).toMatchObject({ code: 0, json: { name: 'looker', policy } });
  expect(await larder(['role', 'set', 'looker', '--description', 'Looks'])).toMatchObject({
    json: { description: 'Looks', policy },
  });
  expect(await larder(['role', 'show', 'looker'])).toMatchObject({ json: { description: 'Looks' } });
  const { roles } = (await larder(['role', 'list'])).json as { roles: { name: string }[] };
  expect(roles.map(({ name }) => name)).toEqual(['admin', 'looker', 'operator', 'reader']);
  expect(await larder(['role', 'delete', 'looker', '--yes'])).toMatchObject({ code: 0 });
  expect((await larder(['role', 'delete', 'reader', '--yes'])).code).toBe(2);
});
