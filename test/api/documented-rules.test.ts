import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../src/api/build-server.ts';
import { LarderError } from '../../src/core/errors.ts';
import { createInstances } from '../../src/engine/instances/create-instances.ts';
import { createAudit } from '../../src/engine/audit.ts';
import { createArchives } from '../../src/engine/export/archives.ts';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import documented from '../fixtures/documented-errors.json' with { type: 'json' };
import { openApiWorld, type ApiAnswer, type ApiWorld } from '../fixtures/api-world.ts';
import { archiveEntries, note } from '../fixtures/archive-entries.ts';
import { replicaSet, summary } from '../fixtures/engine-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { testRepository } from '../fixtures/test-repository.ts';
import { valueRules, type ValueCalls } from './value-rules.ts';

let api: ApiWorld;
/** Set: a bad store from the test on that says so. */
let faulty = false;
let P: string;
let L: string;
/** Idle, with a COMPLETED backup `done` and a FAILED one; a single server; one that a backup was just begun of. */
let idle: string;
let single: string;
let busy: string;
let done: string;
let failed: string;
let limited: FastifyInstance;

const nobody = '0'.repeat(32);
/** A time of `idle` that restores: the second of its backup. */
const restorable = summary.clusterTime.t * 1000;

beforeAll(async () => {
  const inner = createMemoryStore();
  const broken = createFaultyStore(inner, [
    { method: 'put', effect: { kind: 'fail', retryable: false }, times: Number.MAX_SAFE_INTEGER },
  ]);
  const store: typeof inner = { ...inner, put: (...args) => (faulty ? broken : inner).put(...args) };
  api = await openApiWorld({ repository: await testRepository(store) });
  P = `/v3/${api.projectId}`;
  L = `/larder/v1/${api.projectId}`;
  const { world } = api;
  const adopt = async (name: string): Promise<string> => {
    const { body } = await api.admin('POST', `${L}/instances/adopt`, { name, uri: 'mongodb://a.example' });
    return (body as { id: string }).id;
  };
  const backUp = async (instanceId: string, name: string): Promise<string> => {
    const { body } = await api.admin('POST', `${P}/backups`, { backup: { instance_id: instanceId, name } });
    return (body as { backup_id: string }).backup_id;
  };
  idle = await adopt('idle');
  busy = await adopt('busy');
  world.deployment = { ...replicaSet, mode: 'Single', setName: null };
  single = await adopt('single');
  world.deployment = replicaSet;
  world.tasks.capture = async ({ backup: { id: backupId } }) => ({
    ...summary,
    replayBase: { backupId, time: { ...summary.clusterTime, term: 1 }, oplogAfter: summary.clusterTime },
  });
  done = await backUp(idle, 'done');
  await runWaitingJobs(world);
  const after = { ...summary.clusterTime, term: 1 };
  await archiveEntries(world, { projectId: api.projectId, instanceId: idle, after }, [note, note]);
  world.tasks.capture = () => Promise.reject(new LarderError('capture-failed', 'planned'));
  failed = await backUp(idle, 'failed');
  await runWaitingJobs(world);
  delete world.tasks.capture;
  await backUp(busy, 'running');
  limited = await buildServer({
    ...world,
    directory: api.directory,
    audit: createAudit(world.deps),
    instances: createInstances(world.deps),
    archives: createArchives(world.deps, 'larder-test'),
    region: 'eu-de',
    clock: { now: () => new Date('2026-11-23T12:00:00Z') },
    version: '0.1.0',
    rateLimits: { perAddress: 1, perUser: null },
  });
});
afterAll(async () => {
  await limited.close();
  await api[Symbol.asyncDispose]();
});

const get = (path: string) => api.admin('GET', P + path);
const backUp = (fields: object) =>
  api.admin('POST', `${P}/backups`, { backup: { instance_id: idle, name: 'another', ...fields } });
const setPolicy = (policy: object) =>
  api.admin('PUT', `${P}/instances/${idle}/backups/policy`, {
    backup_policy: { keep_days: 7, start_time: '19:00-20:00', ...policy },
  });
const recover = (backupId: string, instanceId = idle) =>
  api.admin('POST', `${P}/instances/recovery`, {
    source: { instance_id: instanceId, backup_id: backupId },
    target: { instance_id: instanceId },
  });
/** A call while the servers of an instance that was never asked since do not answer. */
async function withoutServers(call: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  await api.world.catalog.db
    .updateTable('instances')
    .set({ probed: new Date(0) })
    .execute();
  api.world.deployment = new LarderError('instance-unreachable', 'no answer', { retryable: true });
  const answer = await call();
  api.world.deployment = replicaSet;
  await api.admin('GET', `${L}/instances/${idle}`);
  return answer;
}

/** For each code a call that gets it, of the real stack: API, use cases, catalog, queue and repository. */
const occurrences: readonly (readonly [code: string, how: string, status: number, call: () => Promise<ApiAnswer>])[] = [
  ['APIGW.0101', 'an address that does not exist', 404, () => get('/nonsense')],
  [
    'APIGW.0301',
    'a signature of nobody',
    401,
    () =>
      api.send(null, 'GET', `${P}/backups`, undefined, {
        authorization: `SDK-HMAC-SHA256 Access=NOBODY, SignedHeaders=host;x-sdk-date, Signature=${'0'.repeat(64)}`,
        'x-sdk-date': '20261123T093810Z',
      }),
  ],
  ['DBS.200001', 'a method that the address does not take', 405, () => api.admin('PATCH', `${P}/backups`, {})],
  [
    'DBS.200001',
    'a body that says it is no JSON',
    415,
    () => api.send(api.admin.token, 'POST', `${P}/backups`, {}, { 'content-type': 'text/xml' }),
  ],
  ['DBS.200001', 'a body of more than 1 MiB', 413, () => backUp({ description: 'x'.repeat(1_048_576) })],
  ['DBS.200002', 'an instance that does not exist', 404, () => backUp({ instance_id: `${nobody}in02` })],
  [
    'DBS.200004',
    'a target that is not the source',
    400,
    () =>
      api.admin('POST', `${P}/instances/recovery`, {
        source: { instance_id: idle, backup_id: done },
        target: { instance_id: busy },
      }),
  ],
  ['DBS.200018', 'servers that do not answer', 403, () => withoutServers(() => backUp({}))],
  ['DBS.200042', 'an engine that is not offered', 404, () => get('/datastores/MySQL/versions')],
  ['DBS.200543', 'a job that does not exist', 400, () => get('/jobs?id=00000000-0000-4000-8000-000000000000')],
  [
    'DBS.200823',
    'a database that was not there at the time',
    400,
    () => get(`/instances/${idle}/restore-collection?db_name=none&restore_time=${restorable}`),
  ],
  ['DBS.201014', 'another operation on the instance', 403, () => backUp({ instance_id: busy })],
  ['DBS.201201', 'a name that is taken', 400, () => backUp({ name: 'done' })],
  ['DBS.201214', 'a backup that does not exist', 400, () => get(`/backups?backup_id=${nobody}br02`)],
  [
    'DBS.201319',
    'the deletion of a backup that is being restored',
    400,
    async () => {
      expect((await recover(done)).status).toBe(200);
      const answer = await api.admin('DELETE', `${P}/backups/${done}`);
      await runWaitingJobs(api.world);
      return answer;
    },
  ],
  [
    'DBS.201509',
    'a repository that cannot be written',
    500,
    async () => {
      faulty = true;
      const answer = await setPolicy({});
      faulty = false;
      return answer;
    },
  ],
  [
    'DBS.239020',
    'what cannot be the name of a database',
    400,
    () => get(`/instances/${idle}/restore-collection?db_name=a.b&restore_time=${restorable}`),
  ],
  ['DBS.280001', 'a field that is missing', 400, () => backUp({ name: undefined })],
  ['DBS.280032', 'another project', 403, () => api.admin('GET', `/v3/${nobody}/backups`)],
  ['DBS.280056', 'no token', 401, () => api.send(null, 'GET', `${P}/backups`)],
  [
    'DBS.280063',
    'a role that does not permit it',
    403,
    async () => (await api.newUser('reader', api.projectId, 'reader'))('DELETE', `${P}/backups/${done}`),
  ],
  ['DBS.280124', 'a backup that is not COMPLETED', 400, () => recover(failed)],
  ['DBS.280127', 'a description with a forbidden character', 400, () => backUp({ description: 'a&b' })],
  ['DBS.280214', 'too many days', 400, () => setPolicy({ keep_days: 733 })],
  ['DBS.280215', 'an eighth day of the week', 400, () => setPolicy({ period: '8' })],
  ['DBS.280216', 'a window that begins at an odd minute', 400, () => setPolicy({ start_time: '19:01-20:01' })],
  [
    'DBS.280234',
    'an instance name of three letters',
    400,
    () => api.admin('POST', `${L}/instances/adopt`, { name: 'abc', uri: 'mongodb://a.example' }),
  ],
  ['DBS.280277', 'a backup name of three letters', 400, () => backUp({ name: 'abc' })],
  ['DBS.280342', 'a mode that does not exist', 400, () => get('/instances?mode=Mirror')],
  ['DBS.280343', 'restorable times of a single server', 400, () => get(`/instances/${single}/restore-time?date=2026-11-23`)],
  ['DBS.280404', 'an instance id that is none', 400, () => backUp({ instance_id: 'a.b' })],
  ['DBS.280408', 'a project id that is none', 400, () => api.admin('GET', '/v3/NOT-A-PROJECT/backups')],
  ['DBS.280409', 'a date that does not exist', 400, () => get(`/instances/${idle}/restore-time?date=2026-02-30`)],
  ['DBS.280409', 'a time that is not archived', 400, () => get(`/instances/${idle}/restore-database?restore_time=4102444800000`)],
  ['DBS.280416', 'a window of half an hour', 400, () => setPolicy({ start_time: '19:00-19:30' })],
  ['DBS.280439', 'a limit of none', 400, () => get('/backups?limit=0')],
  ['DBS.280440', 'an offset below zero', 400, () => get('/backups?offset=-1')],
  [
    'DBS.280443',
    'the second request of a minute',
    429,
    async () => {
      await limited.inject({ url: `${P}/backups` });
      const { statusCode, headers, body } = await limited.inject({ url: `${P}/backups` });
      return { status: statusCode, headers, body: JSON.parse(body) };
    },
  ],
];

describe('A1: every refusal that is documented', () => {
  it.each(occurrences)('%s: %s', async (code, _how, status, call) => {
    const answer = await call();
    const [text = ''] = documented[code as keyof typeof documented].text.split(/\.? ?\{0\}/);
    expect(answer).toMatchObject({ status, body: { error_code: code, error_msg: expect.stringMatching(/.+/) } });
    expect((answer.body as { error_msg: string }).error_msg.startsWith(text)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('changed nothing', async () => {
    expect((await get('/backups')).body).toMatchObject({ total_count: 3 });
    expect((await get('/instances')).body).toMatchObject({ total_count: 3 });
    expect((await get(`/instances/${idle}/backups/policy`)).body).toEqual({ backup_policy: { keep_days: 0 } });
  });
});

/** Begins a backup and lets it end, so that the next one finds the instance idle. */
const backUpToTheEnd = async (fields: object): Promise<ApiAnswer> => {
  const answer = await backUp(fields);
  if (answer.status === 200) await runWaitingJobs(api.world);
  return answer;
};
const calls: ValueCalls = {
  backUpToTheEnd,
  setPolicy,
  get,
  adopt: (name) => api.admin('POST', `${L}/instances/adopt`, { name, uri: 'mongodb://a.example' }),
};

describe('A1: the documented value of', () => {
  describe.each(valueRules)('$of', ({ send, taken, refused }) => {
    it.each(taken)('%j is taken', async (value) => {
      const answer = await send(calls, value);
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    });
    it.each(refused)('%j is refused with %s', async (value, code) => {
      expect(await send(calls, value)).toMatchObject({ status: 400, body: { error_code: code } });
    });
  });
});

/** What is there at a path such as `a.0.b`. */
function valueAt(body: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], body);
}

const digits = expect.stringMatching(/^\d+$/);
const whole = expect.toSatisfy((value: unknown) => Number.isInteger(value), 'a whole number');

describe('A2, A7: the JSON type that clients insist on', () => {
  beforeAll(async () => {
    await setPolicy({ keep_days: '7' });
    await runWaitingJobs(api.world);
    await backUpToTheEnd({ name: 'typed' });
  });

  it.each<readonly [field: string, path: () => string, at: string, type: unknown]>([
    ['port of an instance', () => `/instances?id=${idle}`, 'instances.0.port', digits],
    ['ssl of an instance', () => `/instances?id=${idle}`, 'instances.0.ssl', expect.toBeOneOf([0, 1])],
    ['pay_mode of an instance', () => `/instances?id=${idle}`, 'instances.0.pay_mode', digits],
    ['keep_days of an instance', () => `/instances?id=${idle}`, 'instances.0.backup_strategy.keep_days', 7],
    ['size of a volume', () => `/instances?id=${idle}`, 'instances.0.groups.0.volume.size', digits],
    ['used of a volume', () => `/instances?id=${idle}`, 'instances.0.groups.0.volume.used', digits],
    ['actions of an idle instance', () => `/instances?id=${idle}`, 'instances.0.actions', []],
    ['keep_days of a policy', () => `/instances/${idle}/backups/policy`, 'backup_policy.keep_days', 7],
    ['size of a backup', () => `/backups?backup_id=${done}`, 'backups.0.size', whole],
    ['end_time of a running backup', () => `/backups?instance_id=${busy}`, 'backups.0.end_time', expect.any(String)],
    ['total_count', () => '/backups?limit=1', 'total_count', whole],
    ['vcpus of a flavor', () => '/flavors', 'flavors.0.vcpus', digits],
    ['ram of a flavor', () => '/flavors', 'flavors.0.ram', digits],
  ])('%s', async (_field, path, at, type) => {
    const answer = await get(path());
    expect(answer.status).toBe(200);
    expect(valueAt(answer.body, at)).toEqual(type);
  });

  it('progress of a job: a text, running and ended', async () => {
    const { body } = await backUp({ name: 'progressing' });
    const job = async () => (await get(`/jobs?id=${(body as { job_id: string }).job_id}`)).body;
    expect(await job()).toMatchObject({ job: { status: 'Running', progress: '0%', ended: '', fail_reason: null } });
    await runWaitingJobs(api.world);
    expect(await job()).toMatchObject({ job: { status: 'Completed', progress: '', fail_reason: null } });
  });
});

it('DBS.280005: a catalog that fails, of which the answer says nothing', async () => {
  await api.world.catalog.db.schema.dropTable('backups').cascade().execute();
  const answer = await get('/backups');
  expect(answer).toMatchObject({ status: 500, body: { error_code: 'DBS.280005' } });
  expect(JSON.stringify(answer.body)).not.toContain('relation');
});
