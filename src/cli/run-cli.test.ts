import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runLarder, type LarderRun, type Ran } from '../../test/fixtures/run-larder.ts';

/** What the server was asked, and how it answers; `null` hangs. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}
type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> };
type Routes = Record<string, (asked: Asked) => Answer>;

const projectId = 'c'.repeat(32);
const instance = {
  id: `${'1'.repeat(32)}in02`,
  name: 'orders',
  mode: 'ReplicaSet',
  status: 'normal',
  actions: [],
  datastore_version: '6.0',
  server_version: '6.0.5',
  set_name: 'rs0',
  port: 27017,
  tls: false,
  lock: false,
  rate_mb_per_s: null,
  nodes: [{ id: 'n', name: 'n', host: '127.0.0.1', port: 27017, role: 'Primary', status: 'normal' }],
  address: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
  proof: { state: 'none', last_verdict: null, last_at: null, proved_at: null, backup_id: null, allowed_days: null },
  created: '2026-01-31T12:00:00.000Z',
  updated: '2026-01-31T12:00:00.000Z',
};
const backup = {
  id: `${'2'.repeat(32)}br02`,
  name: 'nightly',
  description: '',
  instance_id: instance.id,
  instance_name: 'orders',
  instance_mode: 'ReplicaSet',
  datastore_version: '6.0',
  type: 'Manual',
  status: 'COMPLETED',
  begin_time: '2026-01-31T12:00:00.000Z',
  end_time: '2026-01-31T12:00:09.000Z',
  size_bytes: 1_572_864,
  proof: null,
};
const details = {
  ...backup,
  cluster_time: { t: 1_769_860_000, i: 7 },
  consistency: 'snapshot',
  base_backup_id: null,
  documents_read: 1_002,
  oplog_entries_read: 12,
  bytes_read: 1_572_864,
  bytes_stored: 524_288,
  blocks_stored: 2,
  blocks_reused: 0,
  notes: [],
  collections: [{ db: 'shop', name: 'a\u001b[2J', uuid: 'u', documents: 1_002, documents_exact: true, bytes: 1_572_864 }],
  fail_reason: null,
};
const job = {
  id: 'job-1',
  name: 'MongodbSnapshotBackup',
  status: 'Completed',
  created: '2026-01-31T12:00:00.000Z',
  ended: '2026-01-31T12:00:09.000Z',
  progress: null,
  instance_id: instance.id,
  instance_name: 'orders',
  backup_id: backup.id,
  fail_reason: null,
  result: null,
};

let server: Server;
let endpoint: string;
let asked: Asked[];
let routes: Routes;

beforeEach(async () => {
  asked = [];
  routes = {
    'POST /v3/auth/tokens': () => ({
      status: 201,
      body: { token: { project: { id: projectId } } },
      headers: { 'x-subject-token': 'token-1' },
    }),
    [`GET /larder/v1/${projectId}/instances`]: () => ({ status: 200, body: { instances: [instance], total_count: 1 } }),
    [`GET /larder/v1/${projectId}/instances/${instance.id}`]: () => ({ status: 200, body: instance }),
    [`GET /larder/v1/${projectId}/backups`]: () => ({ status: 200, body: { backups: [backup], total_count: 1 } }),
    [`GET /larder/v1/${projectId}/backups/${backup.id}`]: () => ({ status: 200, body: details }),
    [`GET /larder/v1/${projectId}/jobs/job-1`]: () => ({ status: 200, body: job }),
    [`POST /v3/${projectId}/backups`]: () => ({ status: 200, body: { job_id: 'job-1', backup_id: backup.id } }),
    [`POST /v3/${projectId}/instances/recovery`]: () => ({ status: 200, body: { job_id: 'job-1' } }),
  };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const text = Buffer.concat(chunks).toString();
      const token = request.headers['x-auth-token'];
      const one: Asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        token: String(token),
        body: text === '' ? null : JSON.parse(text),
      };
      asked.push(one);
      const answer = routes[`${request.method} ${path}`]?.(one) ?? {
        status: 404,
        body: { error_code: 'APIGW.0101', error_msg: 'No such API.' },
      };
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** Runs a command line as a shell would, with what it would read on standard input. */
function run(
  args: readonly string[],
  { env, signal, ...more }: Pick<LarderRun, 'input' | 'terminal' | 'signal'> & { env?: Record<string, string> } = {},
): Promise<Ran> {
  return runLarder(args, {
    env: {
      OS_AUTH_URL: `${endpoint}/v3`,
      OS_USERNAME: 'ann',
      OS_PASSWORD: 'pass-word',
      OS_PROJECT_NAME: 'eu-de_default',
      ...env,
    },
    clock: { now: () => new Date(0) },
    ...(signal === undefined ? {} : { signal }),
    ...more,
  });
}

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
      asked.length = 0;
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

describe('backups', () => {
  const create = ['backup', 'create', '--instance', 'orders', '--name', 'nightly', '--description', 'before'];

  test('create sends exactly the DDS request and does not wait', async () => {
    const { code, stdout } = await run([...create, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ job_id: 'job-1', backup_id: backup.id });
    const sent = asked.find(({ method, path }) => method === 'POST' && path === `/v3/${projectId}/backups`);
    expect(sent?.body).toEqual({ backup: { instance_id: instance.id, name: 'nightly', description: 'before' } });
    expect(sent?.token).toBe('token-1');
    expect(asked.some(({ path }) => path.includes('/jobs/'))).toBe(false);
  });

  test('--wait follows the job and shows the backup', async () => {
    const states = [
      {
        ...job,
        status: 'Running',
        progress: {
          phase: 'scan',
          documents_done: 1,
          documents_total: 2,
          bytes_done: 0,
          bytes_total: null,
          bytes_per_second: 0,
          seconds_left: null,
        },
      },
      job,
    ];
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => ({ status: 200, body: states.shift() ?? job });
    const { code, stdout, stderr } = await run([...create, '--wait']);
    expect(code).toBe(0);
    expect(stderr).toContain('scan: 1 of 2 documents\n');
    expect(stdout).toContain('Consistency     snapshot');
    expect(stdout).toContain('shop.a\\x1b[2J');
    expect(stdout).not.toContain('\u001b');
  });

  test('--wait --json is one document with job and backup', async () => {
    const { stdout, stderr } = await run([...create, '--wait', '--json']);
    expect(JSON.parse(stdout)).toEqual({ job_id: 'job-1', backup_id: backup.id, job, backup: details });
    expect(stderr).toBe('');
  });

  test('a job that Failed is 1, with its reason', async () => {
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => ({
      status: 200,
      body: { ...job, status: 'Failed', fail_reason: 'The disk is full.' },
    });
    const { code, stdout, stderr } = await run([...create, '--wait', '--json']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toEqual({ code: 'job-failed', message: 'Job job-1 failed: The disk is full.' });
  });

  test('a name that is taken is 4, with the code of the API', async () => {
    routes[`POST /v3/${projectId}/backups`] = () => ({
      status: 400,
      body: { error_code: 'DBS.201201', error_msg: 'The backup already exists.' },
    });
    const { code, stderr } = await run([...create, '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toEqual({ code: 'DBS.201201', message: 'The backup already exists.' });
  });

  test('interrupted while it waits is 130, and says that the job goes on', async () => {
    const interruption = new AbortController();
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => {
      interruption.abort();
      return { status: 200, body: { ...job, status: 'Running' } };
    };
    const { code, stderr } = await run([...create, '--wait'], { signal: interruption.signal });
    expect(code).toBe(130);
    expect(stderr).toContain('larder job wait job-1');
    expect(stderr).toContain('larder job cancel job-1');
  });

  test('rates go to the server as numbers, or not at all', async () => {
    routes[`POST /larder/v1/${projectId}/backups`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run([...create, '--rate', '20.5'])).code).toBe(0);
    expect(asked.at(-1)).toMatchObject({ path: `/larder/v1/${projectId}/backups`, body: { rate_mb_per_s: 20.5 } });
    const path = `/larder/v1/${projectId}/instances/${instance.id}`;
    routes[`PATCH ${path}`] = ({ body }) => ({ status: 200, body: { ...instance, ...(body as object) } });
    expect((await run(['instance', 'set', 'orders', '--rate', '20'])).stdout).toContain('20 MB/s');
    expect((await run(['instance', 'set', 'orders', '--rate', 'none'])).stdout).not.toContain('MB/s');
    expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { rate_mb_per_s: 20 },
      { rate_mb_per_s: null },
    ]);
    const before = asked.length;
    for (const rate of ['0', '-1', 'fast', '1e3', '1000000']) {
      expect(await run([...create, '--rate', rate])).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a rate') });
    }
    expect((await run(['instance', 'set', 'orders'])).code).toBe(2);
    expect(asked.length).toBe(before);
  });

  test('the lock of a single server goes to the server where it is asked for, and else not at all', async () => {
    routes[`POST /larder/v1/${projectId}/backups`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run([...create, '--lock'])).code).toBe(0);
    expect(asked.at(-1)).toMatchObject({ path: `/larder/v1/${projectId}/backups`, body: { lock: true } });
    const path = `/larder/v1/${projectId}/instances/${instance.id}`;
    routes[`PATCH ${path}`] = ({ body }) => ({ status: 200, body: { ...instance, mode: 'Single', ...(body as object) } });
    expect((await run(['instance', 'set', 'orders', '--lock'])).stdout).toMatch(/Locked for backups +yes/);
    expect((await run(['instance', 'set', 'orders', '--no-lock'])).stdout).toMatch(/Locked for backups +no/);
    expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([{ lock: true }, { lock: false }]);
  });

  test('job cancel returns when the job has ended, and says where it was too late', async () => {
    const jobPath = `/larder/v1/${projectId}/jobs/job-1`;
    routes[`POST ${jobPath}/cancel`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    const failed = { ...job, status: 'Failed', fail_reason: 'Cancelled by admin.' };
    routes[`GET ${jobPath}`] = () => ({ status: 200, body: failed });
    const { code, stdout } = await run(['job', 'cancel', 'job-1', '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, failed]);

    routes[`GET ${jobPath}`] = () => ({ status: 200, body: job });
    expect(await run(['job', 'cancel', 'job-1'])).toMatchObject({ code: 4, stderr: expect.stringContaining('completed before') });
    const body = { error_code: 'DBS.200004', error_msg: 'Operation is illegal.' };
    routes[`POST ${jobPath}/cancel`] = () => ({ status: 400, body });
    expect(await run(['job', 'cancel', 'job-1'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('has ended already'),
    });
  });

  test('list reads every page', async () => {
    const all = Array.from({ length: 230 }, (_, number) => ({ ...backup, id: `b${number}`, name: `n${number}` }));
    routes[`GET /larder/v1/${projectId}/backups`] = ({ path }) => {
      const query = new URL(path, endpoint).searchParams;
      const offset = Number(query.get('offset'));
      return { status: 200, body: { backups: all.slice(offset, offset + Number(query.get('limit'))), total_count: all.length } };
    };
    expect(JSON.parse((await run(['backup', 'list', '--json'])).stdout)).toEqual({ backups: all });
  });

  test('list for people', async () => {
    expect((await run(['backup', 'list'])).stdout).toBe(
      `NAME     STATUS     INSTANCE  BEGUN                       SIZE  PROVED  ID\n` +
        `nightly  COMPLETED  orders    2026-01-31 12:00:00 UTC  1.5 MiB  -       ${backup.id}\n`,
    );
  });

  test('delete', async () => {
    routes[`DELETE /v3/${projectId}/backups/${backup.id}`] = () => ({ status: 200, body: { job_id: 'job-1' } });
    const { code, stdout } = await run(['backup', 'delete', 'nightly', '--wait', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ backup_id: backup.id, job_id: 'job-1', job });
  });
});

describe('restore', () => {
  const original = ['restore', '--backup', 'nightly', '--to', 'original'];
  const recovery = () => asked.filter(({ path }) => path === `/v3/${projectId}/instances/recovery`);

  test('where nobody can be asked it needs --yes, and nothing is sent without', async () => {
    const { code, stderr } = await run(original);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(recovery()).toEqual([]);
  });

  test.each(['\n', 'n\n', 'yeah\n', ''])('at a terminal the answer %j changes nothing', async (input) => {
    expect((await run(original, { terminal: true, input })).code).toBe(1);
    expect(recovery()).toEqual([]);
  });

  test('after a yes, or with --yes, it is the DDS request', async () => {
    expect((await run(original, { terminal: true, input: 'y\n' })).code).toBe(0);
    expect((await run([...original, '--yes', '--wait'])).code).toBe(0);
    const body = {
      source: { instance_id: instance.id, type: 'backup', backup_id: backup.id },
      target: { instance_id: instance.id },
    };
    expect(recovery().map((one) => one.body)).toEqual([body, body]);
  });

  test('to another instance: asks only with --overwrite, and a target with data is 4', async () => {
    const other = { ...instance, id: 'other', name: 'copy' };
    routes[`GET /larder/v1/${projectId}/instances`] = () => ({ status: 200, body: { instances: [instance, other] } });
    routes[`POST /larder/v1/${projectId}/restores`] = ({ body }) =>
      (body as { overwrite: boolean }).overwrite
        ? { status: 202, body: { job_id: 'job-1' } }
        : { status: 400, body: { error_code: 'DBS.200004', error_msg: 'Operation is illegal.' } };
    const copy = ['restore', '--backup', 'nightly', '--to', 'copy'];
    const refused = await run(copy);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('--overwrite');
    expect((await run([...copy, '--overwrite'])).code).toBe(2);
    expect((await run([...copy, '--overwrite', '--yes'])).code).toBe(0);
    expect(asked.at(-1)?.body).toEqual({ backup_id: backup.id, target_instance_id: 'other', overwrite: true });
  });

  test('R8: of a time names the instance, asks the same question, and takes no backup beside it', async () => {
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    const then = ['restore', '--instance', instance.name, '--at', '1795600800:7', '--to', 'original'];
    const unasked = await run(then);
    expect([unasked.code, recovery()]).toEqual([2, []]);
    expect((await run([...then, '--yes'])).code).toBe(0);
    const body = { instance_id: instance.id, at: '1795600800:7', target_instance_id: instance.id, overwrite: true };
    expect(asked.at(-1)?.body).toEqual(body);
  });

  test('of a part is asked for by name, to the original too, and replaces nothing unless told so', async () => {
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    expect((await run([...original, '--db', 'shop', '--rename', 'log.old=log.new', '--users'])).code).toBe(0);
    expect(asked.at(-1)?.body).toEqual({
      backup_id: backup.id,
      target_instance_id: instance.id,
      overwrite: false,
      databases: [{ name: 'shop' }],
      collections: [{ name: 'log.old', new_name: 'log.new' }],
      users: true,
    });
    const { code, stderr } = await run([...original, '--collection', 'shop.orders', '--overwrite']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('replaces what has these names')]);
    expect(recovery()).toEqual([]);
  });

  test('in a drill: of a backup or of an instance, with the questions of a file', async () => {
    routes[`POST /larder/v1/${projectId}/drills`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run(['drill', '--instance', 'orders', '--wait'])).code).toBe(0);
    expect(asked.find(({ path }) => path.endsWith('/drills'))?.body).toEqual({ instance_id: instance.id });
    expect((await run(['drill'])).code).toBe(2);
    expect((await run(['drill', '--instance', 'orders', '--backup', 'nightly'])).code).toBe(2);
    expect((await run(['drill', '--backup', 'nightly', '--assert', 'not there.yaml'])).code).toBe(2);
  });

  test('only shown, it says what would come and go', async () => {
    const arrival = { from: 'shop.orders', name: 'copy.orders', kind: 'collection', documents: 1234, bytes: 2048, swapped: true };
    const held = { name: 'copy.orders', documents: 9, bytes: 1024 };
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({
      status: 200,
      body: {
        arrivals: [{ ...arrival, indexes: ['n_1'], overwrites: held }],
        drops: [{ name: 'copy.view', documents: null, bytes: null }],
        users: false,
        documents: 1234,
        bytes: 2048,
        expected: { seconds: 65, bytes_per_second: 1024, basis: 'others', samples: 2 },
        notes: ['A note.'],
      },
    });
    const { code, stdout } = await run([...original, '--rename', 'shop=copy', '--overwrite', '--dry-run']);
    expect(code).toBe(0);
    expect(asked.at(-1)?.body).toMatchObject({ dry_run: true, databases: [{ name: 'shop', new_name: 'copy' }] });
    expect(stdout).toBe(
      `WOULD      NAME         FROM         DOCUMENTS     SIZE        LOST  INDEXES\n` +
        `overwrite  copy.orders  shop.orders      1,234  2.0 KiB  9, 1.0 KiB  n_1\n` +
        `drop       copy.view                                           view\n\n` +
        `A note.\n\n1,234 documents, 2.0 KiB; users and roles stay as they are. Nothing was changed.\n\n` +
        `It may take 1 min 05 s, at 1.0 KiB/s: as in 2 restores into others, and drills.\n`,
    );
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
