import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { createInstances } from '../../src/engine/instances/create-instances.ts';
import type { Instances } from '../../src/engine/instances/instances.ts';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { scheduleRound } from '../../src/engine/schedule-round.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import { openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { replicaSet } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { singleOrder } from '../fixtures/single-order.ts';

/** Instances of our own from their order to the recycle bin, on real servers, with a clock that is moved. */

const day = 86_400_000;
const page = { offset: 0, limit: 100 };
const single = { ...replicaSet, mode: 'Single' as const, setName: null };
const clock = movableClock('2026-11-23T12:00:00Z');

let api: ApiWorld;
let instances: Instances;
let caller: Caller;

beforeAll(async () => {
  api = await openApiWorld({ clock });
  api.world.deployment = single;
  instances = createInstances(api.world.deps);
  caller = { projectId: api.projectId, userId: api.admin.userId, userName: 'admin' };
});
afterAll(() => api[Symbol.asyncDispose]());

const send = async (method: string, path: string, body?: unknown) => api.admin(method, `/v3/${api.projectId}${path}`, body);
const listed = async (id: string): Promise<unknown> =>
  ((await send('GET', `/instances?id=${id}`)).body as { instances: readonly unknown[] }).instances[0];

async function make(body: object): Promise<{ id: string; job_id: string }> {
  const answer = await send('POST', '/instances', body);
  expect(answer.status).toBe(202);
  return answer.body as { id: string; job_id: string };
}

async function isThere(id: string): Promise<boolean> {
  const folder = join(api.world.deps.drills.folder, 'instances', id);
  return access(folder).then(
    () => true,
    () => false,
  );
}

/** What runs of the instance’s servers, by their ports. */
async function running(id: string): Promise<readonly boolean[]> {
  const row = await api.world.catalog.db.selectFrom('instances').select('own').where('id', '=', id).executeTakeFirstOrThrow();
  const { servers } = row.own as { servers: { ports: readonly number[] } };
  return api.world.deps.provider.running({ id, ports: servers.ports });
}

async function expectFailed({ id, job_id: jobId }: { id: string; job_id: string }, reason: string): Promise<void> {
  for (let round = 0; (await runWaitingJobs(api.world)) > 0; round += 1) expect(round).toBeLessThan(10);
  const { job } = (await send('GET', `/jobs?id=${jobId}`)).body as { job: { status: string; fail_reason: string } };
  expect(job).toMatchObject({ status: 'Failed', fail_reason: expect.stringContaining(reason) });
  expect(await listed(id)).toMatchObject({ status: 'createfail', actions: [] });
  expect([await isThere(id), await running(id)]).toEqual([false, [false]]);

  const busy = { status: 403, body: { error_code: 'DBS.200018' } };
  expect(await send('PUT', `/instances/${id}/modify-name`, { new_instance_name: 'another-name' })).toMatchObject(busy);
  const uuid = '00000000-0000-4000-8000-000000000000';
  const stream = { instance_id: id, log_type: 'audit_log', lts_group_id: uuid, lts_stream_id: uuid };
  expect(await send('POST', '/instances/logs/lts-configs', { lts_configs: [stream] })).toMatchObject(busy);
  expect(await send('POST', '/backups', { backup: { instance_id: id, name: 'of-nothing' } })).toMatchObject(busy);

  expect(await send('DELETE', `/instances/${id}`)).toMatchObject({ status: 202 });
  await runWaitingJobs(api.world);
  expect(await listed(id)).toBeUndefined();
  expect((await instances.listRecycled(caller, page)).total).toBe(0);
}

describe('an instance that cannot be made is createfail, leaves no servers, takes no change, and can be deleted', () => {
  it('where its servers do not start', async () => {
    const made = await make(singleOrder('no-program'));
    const row = await api.world.catalog.db
      .selectFrom('instances')
      .select('own')
      .where('id', '=', made.id)
      .executeTakeFirstOrThrow();
    const own = row.own as { servers: object };
    // The program it was ordered with is gone from the machine.
    const changed = { ...own, servers: { ...own.servers, version: '9.9' } };
    await api.world.catalog.db
      .updateTable('instances')
      .set({ own: JSON.stringify(changed) })
      .where('id', '=', made.id)
      .execute();
    await expectFailed(made, 'no mongod of version 9.9');
  });

  it('where they start, and are not what was wanted', async () => {
    const made = await make(singleOrder('no-use'));
    const ran: (readonly boolean[])[] = [];
    const { probe } = api.world.deps;
    Object.assign(api.world.deps, {
      probe: async () => {
        ran.push(await running(made.id));
        throw new LarderError('instance-unsupported', 'This is no server for backups.');
      },
    });
    await expectFailed(made, 'This is no server for backups.').finally(() => Object.assign(api.world.deps, { probe }));
    expect(ran[0]).toEqual([true]);
  });
});

it('a replica set of five is five servers, which all take part in it', async () => {
  api.world.deployment = replicaSet;
  const flavor = { type: 'replica', num: 5, size: 10, spec_code: 'dds.mongodb.s2.medium.4.repset' };
  const { id, job_id: jobId } = await make({ ...singleOrder('five-members'), mode: 'ReplicaSet', flavor: [flavor] });
  expect(await listed(id)).toMatchObject({ groups: [{ nodes: [{}, {}, {}, {}, {}] }] });
  await runWaitingJobs(api.world);
  // It is completed once each of them is primary or secondary.
  expect((await send('GET', `/jobs?id=${jobId}`)).body).toMatchObject({ job: { status: 'Completed' } });
  expect(await running(id)).toEqual([true, true, true, true, true]);
  await send('DELETE', `/instances/${id}`);
  await runWaitingJobs(api.world);
  expect([await isThere(id), await listed(id)]).toEqual([false, undefined]);
  api.world.deployment = single;
});

describe('the recycle bin', () => {
  const bin = async (): Promise<string[]> => (await instances.listRecycled(caller, page)).rows.map(({ name }) => name);
  const look = async (): Promise<void> => {
    await scheduleRound(api.world.deps, instanceRefresher(api.world.deps));
    await runWaitingJobs(api.world);
  };
  const inRepository = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of api.world.repository.records.list('recycled-instance')) ids.push(id);
    return ids;
  };
  /** An instance with its first automated backup. */
  const withBackup = async (name: string): Promise<string> => {
    const body = { ...singleOrder(name), backup_strategy: { keep_days: '1', start_time: '19:00-20:00' } };
    const { instance } = await instances.create(caller, body, { region: 'eu-de' });
    await runWaitingJobs(api.world);
    await runWaitingJobs(api.world);
    return instance.id;
  };
  const remove = async (id: string): Promise<void> => {
    await api.world.useCases.deleteInstance(caller, id);
    await runWaitingJobs(api.world);
  };

  it.each([0, 8, '0', 'x', 1.5, -1])('is not kept for %j days', async (days) => {
    const policy = { recycle_policy: { enabled: true, retention_period_in_days: days } };
    expect(await send('PUT', '/instances/recycle-policy', policy)).toMatchObject({
      status: 400,
      body: { error_code: 'DBS.280001' },
    });
    expect((await send('GET', '/instances/recycle-policy')).body).toMatchObject({ retention_period_in_days: 7 });
  });

  it('forgets an instance when its days are over, and its automated backup with it', async () => {
    const policy = { recycle_policy: { enabled: true, retention_period_in_days: '2' } };
    expect(await send('PUT', '/instances/recycle-policy', policy)).toMatchObject({ status: 200 });
    const id = await withBackup('for-two-days');
    await remove(id);
    // What is set afterwards counts for later deletions only.
    await instances.setRecycleDays(caller, 1);
    const backups = async (): Promise<string[]> =>
      (await api.world.useCases.listBackups(caller, page)).rows.map(({ type, status }) => `${type} ${status}`);
    clock.moveBy(2 * day - 1);
    await look();
    expect([await bin(), await inRepository(), await backups()]).toEqual([['for-two-days'], [id], ['Auto COMPLETED']]);
    clock.moveBy(1);
    expect(await bin()).toEqual([]);
    expect(await inRepository()).toEqual([id]);
    await look();
    expect([await inRepository(), await api.world.catalog.db.selectFrom('recycled_instances').selectAll().execute()]).toEqual([
      [],
      [],
    ]);
    clock.moveBy(day);
    await look();
    expect(await backups()).toEqual([]);
  });

  it('holds a hundred: the next deletion is final, and one after a place became free is not', async () => {
    const [first, second] = [await withBackup('first-one'), await withBackup('second-one')];
    const { db } = api.world.catalog;
    const { id: backupId } = await db
      .selectFrom('backups')
      .select('id')
      .where('instance_id', '=', first)
      .executeTakeFirstOrThrow();
    const now = clock.now();
    const others = Array.from({ length: 100 }, (_, n) => ({
      id: `${String(n).padStart(32, '0')}in02`,
      project_id: api.projectId,
      name: `other-${n}`,
      mode: 'Single',
      version: '6.0',
      enterprise_project_id: '0',
      volume_gb: 10,
      parameters: '{}',
      backup_id: backupId,
      created: now,
      deleted: now,
      retained_until: new Date(now.getTime() + day),
    }));
    await db.insertInto('recycled_instances').values(others).execute();
    clock.moveBy(1000);
    await remove(first);
    expect([(await instances.listRecycled(caller, page)).total, await inRepository()]).toEqual([100, []]);

    await db.deleteFrom('recycled_instances').where('id', '=', others[0]!.id).execute();
    await remove(second);
    expect([(await instances.listRecycled(caller, page)).total, await inRepository()]).toEqual([100, [second]]);
    expect((await bin())[0]).toBe('second-one');
  });
});
