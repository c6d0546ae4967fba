import { describe, expect, test } from 'vitest';
import { instance, job, projectId, useAnsweringServer } from '../../test/fixtures/answering-server.ts';

const { asked, routes, run } = useAnsweringServer();

describe('arguments', () => {
  test.each([
    [['backup', 'create', '--name', 'x'], '--instance'],
    [['backup', 'create', '--instance', 'orders'], '--name'],
    [['restore', '--backup', 'x'], '--to'],
    [['restore', '--at', '1:1', '--to', 'original'], '--instance'],
    [['restore', '--backup', 'x', '--at', '1:1', '--to', 'original'], 'either --backup'],
    [['backup', 'show'], 'backup'],
    [['backup', 'show', 'a', 'b'], 'too many'],
    [['backup', 'vanish'], 'vanish'],
    [['job', 'wait', 'x', '--faster'], '--faster'],
    [['nonsense'], 'nonsense'],
  ])('%j is wrong usage and names what is wrong', async (args, hint) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(asked).toEqual([]);
  });

  test('with --json wrong usage is JSON too', async () => {
    const { code, stderr } = await run(['backup', 'create', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'usage' });
  });

  test.each([[['--help']], [['backup', '--help']], [['restore', '--help']]])('%j is help, and no failure', async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: larder');
    expect(stderr).toBe('');
  });

  test('--version is the version and nothing else', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  test('no command at all shows the help and is wrong usage', async () => {
    const { code, stderr } = await run([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: larder');
  });
});

describe('instances', () => {
  test('adopt sends the string and never shows it', async () => {
    routes[`POST /larder/v1/${projectId}/instances/adopt`] = () => ({ status: 201, body: { id: instance.id } });
    const uri = 'mongodb://root:very-secret@127.0.0.1:27017/';
    for (const more of [{ input: `${uri}\n` }, { env: { LARDER_INSTANCE_URI: uri } }]) {
      const args = 'input' in more ? ['--uri', '-'] : [];
      const { code, stdout, stderr } = await run(['instance', 'adopt', '--name', 'orders', ...args], more);
      expect(code).toBe(0);
      expect(asked.find(({ path }) => path.endsWith('/adopt'))?.body).toEqual({ name: 'orders', uri });
      expect(stdout).toContain(instance.id);
      expect(stdout + stderr).not.toContain('very-secret');
      asked.splice(0);
    }
  });

  test('adopt without a string is wrong usage', async () => {
    expect((await run(['instance', 'adopt', '--name', 'orders'])).code).toBe(2);
    expect((await run(['instance', 'adopt', '--name', 'orders', '--uri', '-'], { input: '\n' })).code).toBe(2);
  });

  test('list, for people and for scripts', async () => {
    expect((await run(['instance', 'list'])).stdout).toBe(
      `NAME    MODE        VERSION  STATUS  PROVED  ADDRESS                                    ID\n` +
        `orders  ReplicaSet  6.0.5    normal  -       mongodb://127.0.0.1:27017/?replicaSet=rs0  ${instance.id}\n`,
    );
    expect(JSON.parse((await run(['instance', 'list', '--json'])).stdout)).toEqual({ instances: [instance] });
  });

  test.each([instance.id, instance.name])('show %s', async (which) => {
    const { code, stdout } = await run(['instance', 'show', which, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(instance);
  });

  test('an unknown one is 3, a name that two have is 2 and lists the ids', async () => {
    expect((await run(['instance', 'show', 'nobody'])).code).toBe(3);
    routes[`GET /larder/v1/${projectId}/instances`] = () => ({
      status: 200,
      body: { instances: [instance, { ...instance, id: 'other' }] },
    });
    const { code, stderr } = await run(['instance', 'show', 'orders']);
    expect(code).toBe(2);
    expect(stderr).toContain(`${instance.id}, other`);
  });
});

describe('access keys', () => {
  test('create, list and delete', async () => {
    const key = { access: 'AK', created: '2026-01-31T12:00:00.000Z' };
    routes[`POST /larder/v1/${projectId}/access-keys`] = () => ({ status: 201, body: { access: 'AK', secret: 'SK' } });
    routes[`GET /larder/v1/${projectId}/access-keys`] = () => ({ status: 200, body: { access_keys: [key] } });
    routes[`DELETE /larder/v1/${projectId}/access-keys/AK`] = () => ({ status: 204 });
    expect(JSON.parse((await run(['access-key', 'create', '--json'])).stdout)).toEqual({ access: 'AK', secret: 'SK' });
    expect((await run(['access-key', 'list'])).stdout).toBe('ACCESS KEY  CREATED\nAK          2026-01-31 12:00:00 UTC\n');
    expect((await run(['access-key', 'delete', 'AK'])).stdout).toBe('AK is deleted.\n');
  });
});

describe('jobs', () => {
  test('show of a Failed job is an answer, wait for it is 1', async () => {
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => ({
      status: 200,
      body: { ...job, status: 'Failed', fail_reason: 'Why.' },
    });
    expect((await run(['job', 'show', 'job-1'])).code).toBe(0);
    expect((await run(['job', 'wait', 'job-1'])).code).toBe(1);
  });

  test('an unknown job is 3', async () => {
    routes[`GET /larder/v1/${projectId}/jobs/job-2`] = () => ({
      status: 400,
      body: { error_code: 'DBS.200543', error_msg: 'The job does not exist.' },
    });
    expect((await run(['job', 'show', 'job-2'])).code).toBe(3);
  });
});

describe('logging in', () => {
  test('asks for a project scope by name, once for many calls', async () => {
    await run(['instance', 'show', 'orders']);
    const logins = asked.filter(({ path }) => path.startsWith('/v3/auth/tokens'));
    const domain = { name: 'Default' };
    expect(logins.map(({ body }) => body)).toEqual([
      {
        auth: {
          identity: { methods: ['password'], password: { user: { name: 'ann', password: 'pass-word', domain } } },
          scope: { project: { name: 'eu-de_default', domain } },
        },
      },
    ]);
  });

  test('a token that expired is replaced once', async () => {
    let logins = 0;
    routes['POST /v3/auth/tokens'] = () => ({
      status: 201,
      body: { token: { project: { id: projectId } } },
      headers: { 'x-subject-token': `token-${++logins}` },
    });
    routes[`GET /larder/v1/${projectId}/instances`] = ({ token }) =>
      token === 'token-2'
        ? { status: 200, body: { instances: [] } }
        : { status: 401, body: { error_code: 'DBS.280056', error_msg: 'Invalid token.' } };
    expect((await run(['instance', 'list'])).code).toBe(0);
    expect(logins).toBe(2);
  });

  test('a token that is refused again and again ends with 6', async () => {
    routes[`GET /larder/v1/${projectId}/instances`] = () => ({
      status: 401,
      body: { error_code: 'DBS.280056', error_msg: 'Invalid token.' },
    });
    expect((await run(['instance', 'list'])).code).toBe(6);
    expect(asked.filter(({ path }) => path.endsWith('/tokens?nocatalog'))).toHaveLength(2);
  });

  test('wrong credentials end with 6 and are not shown', async () => {
    routes['POST /v3/auth/tokens'] = () => ({
      status: 401,
      body: { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } },
    });
    const { code, stderr } = await run(['instance', 'list']);
    expect(code).toBe(6);
    expect(stderr).not.toContain('pass-word');
  });

  test('a ready token is asked for its project', async () => {
    routes['GET /v3/auth/tokens'] = () => ({ status: 200, body: { token: { project: { id: projectId } } } });
    expect((await run(['instance', 'list'], { env: { LARDER_TOKEN: 'mine' } })).code).toBe(0);
    expect(asked.every(({ token }) => token === 'mine')).toBe(true);
    routes['GET /v3/auth/tokens'] = () => ({ status: 200, body: { token: { domain: { id: 'd' } } } });
    expect((await run(['instance', 'list'], { env: { LARDER_TOKEN: 'mine' } })).code).toBe(6);
  });
});
