import { isDeepStrictEqual } from 'node:util';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import type { LarderError } from '../../src/core/errors.ts';
import { wholeBackup } from '../../src/core/restore-selection.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { openWorld } from '../fixtures/engine-world.ts';
import { endedJob, type ShownJob } from '../fixtures/ended-job.ts';
import { larderCommand } from '../fixtures/larder-command.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

const uuid = (digit: number): string => `0000000${digit}-0000-4000-8000-000000000000`;
const never = new AbortController().signal;
const codeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error as LarderError).code);

describe('a restore to a time', () => {
  const set = replicaSet({ members: 1 });

  it('R8, R10: brings what was there at an entry, and at the end of a second; other times are refused with those that restore', async () => {
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection<{ _id: number; n: number }>('orders');
    const held = () => orders.find({}, { sort: { _id: 1 } }).toArray();
    await orders.insertMany(Array.from({ length: 50 }, (_, n) => ({ _id: n, n: 0 })));
    await using larder = await startLarder({ settings: { LARDER_ARCHIVE_SECONDS: '1' } });
    const own = `/larder/v1/${larder.projectId}`;
    const dds = `/v3/${larder.projectId}/instances`;
    const { id } = await larder.call<{ id: string }>('POST', `${own}/instances/adopt`, { name: 'shop-db', uri: set().uri });
    const policy = { backup_policy: { keep_days: 7, start_time: '19:00-20:00', period: '1,2,3,4,5,6,7' } };
    await larder.send('PUT', `${dds}/${id}/backups/policy`, policy);
    // An idle server lets its clock stand for ten seconds; a busy one does not.
    const tick = () => client.db('clock').collection('ticks').insertOne({});
    const restorable = async (moment: number): Promise<void> => {
      await until(
        async () => {
          await tick();
          const path = `${dds}/${id}/restore-time?date=${systemClock.now().toISOString().slice(0, 10)}`;
          const { restore_time } = await larder.call<{ restore_time: { end_time: number }[] }>('GET', path);
          return (restore_time.at(-1)?.end_time ?? 0) > moment;
        },
        { what: 'a range up to the moment' },
      );
    };
    const ended = (jobId: string): Promise<ShownJob> => endedJob(larder, jobId);
    await restorable(systemClock.now().getTime());

    await orders.updateMany({ _id: { $lt: 10 } }, { $inc: { n: 1 } });
    const first = { point: await majorityOpTime(client, never), rows: await held() };
    await orders.deleteMany({ _id: { $gte: 40 } });
    const second = { point: await majorityOpTime(client, never), rows: await held() };
    // What is written next belongs to another second.
    await until(
      async () => {
        await tick();
        return (await majorityOpTime(client, never)).t > second.point.t;
      },
      { what: 'the next second' },
    );
    // More events than a page of the history holds.
    const moves = 120;
    await client.db('aside').createCollection('name0');
    for (let n = 0; n < moves; n++) await client.db('aside').renameCollection(`name${n}`, `name${n + 1}`);
    await orders.drop();
    await restorable((await majorityOpTime(client, never)).t * 1000);

    const begin = (method: string, path: string, body: unknown) => larder.call<{ job_id: string }>(method, path, body);
    const copy = {
      instance_id: id,
      at: formatPoint(first.point),
      target_instance_id: id,
      collections: [{ name: 'shop.orders', new_name: 'shop.then' }],
    };
    interface Plan {
      readonly arrivals: readonly { readonly name: string }[];
      readonly replay: { readonly entries: number; readonly bytes: number; readonly writes: number } | null;
    }
    const planned = (asked: object) => larder.call<Plan>('POST', `${own}/restores`, { ...asked, dry_run: true });
    const plan = await planned(copy);
    expect(plan.arrivals.map(({ name }) => name)).toEqual(['shop.then']);
    // The update of ten documents; the ticks beside it are read, too.
    expect(plan.replay?.writes).toBe(10);
    expect(plan.replay?.entries).toBeGreaterThan(10);
    const { replay: longer } = await planned({ ...copy, at: formatPoint(second.point) });
    expect(longer?.writes).toBe(20);
    expect(longer?.bytes).toBeGreaterThan(plan.replay!.bytes);
    expect(await ended((await begin('POST', `${own}/restores`, copy)).job_id)).toMatchObject({
      status: 'Completed',
      fail_reason: null,
      result: { verdict: 'replayed', replayed: [{ point: formatPoint(first.point), writes: expect.any(Number) }] },
    });
    expect(
      await client
        .db('shop')
        .collection('then')
        .find({}, { sort: { _id: 1 } })
        .toArray(),
    ).toEqual(first.rows);

    // Whoever does not know the moment finds it.
    const command = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await larderCommand(larder, ...args);
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stderr}`);
      return stdout;
    };
    const found = await command('history', '--instance', 'shop-db', '--ns', 'shop.orders', '--json');
    const { events } = JSON.parse(found) as { events: { kind: string; restorable: boolean; restore_at: string }[] };
    const accident = events.find(({ kind }) => kind === 'collection-dropped')!;
    expect(accident.restorable).toBe(true);
    const all = JSON.parse(await command('history', '--instance', 'shop-db', '--limit', '1000', '--json')) as {
      events: { kind: string; ns: string }[];
      complete: boolean;
    };
    expect(all.complete).toBe(true);
    const renamed = all.events.filter(({ kind, ns }) => kind === 'collection-renamed' && ns.startsWith('aside.'));
    expect(renamed.map(({ ns }) => ns)).toEqual(Array.from({ length: moves }, (_, n) => `aside.name${n}`));
    // Of what is asked for nothing is going on where the page is full: it need not wait for the end of anything.
    const page = ['history', '--instance', 'shop-db', '--ns', 'aside.name0', '--limit', '110', '--json'];
    const some = JSON.parse(await command(...page)) as typeof all;
    expect(some.complete).toBe(false);
    expect(some.events).toEqual(renamed.slice(0, some.events.length));
    expect(some.events.length).toBeGreaterThanOrEqual(110);
    const back = ['--collection', 'shop.orders', '--rename', 'shop.orders=shop.back', '--wait'];
    await command('restore', '--instance', 'shop-db', '--at', accident.restore_at, '--to', 'shop-db', ...back);
    const returned = client.db('shop').collection('back');
    expect(await returned.find({}, { sort: { _id: 1 } }).toArray()).toEqual(second.rows);

    // What was not there then, and what may not be overwritten, is refused before there is a job.
    for (const [name, error_code] of [
      ['shop.other', 'DBS.280001'],
      ['shop.orders', 'DBS.200004'],
    ] as const) {
      const at = { instance_id: id, at: formatPoint(first.point), target_instance_id: id };
      const refused = await larder.send('POST', `${own}/restores`, {
        ...at,
        collections: [{ name, new_name: 'shop.then' }],
      });
      expect([refused.status, await refused.json()]).toMatchObject([400, { error_code }]);
    }

    const recovery = (restore_time: unknown) => ({
      source: { instance_id: id, type: 'timestamp', restore_time },
      target: { instance_id: id },
    });
    for (const time of [1000, String(systemClock.now().getTime() + 3_600_000)]) {
      const refused = await larder.send('POST', `${dds}/recovery`, recovery(time));
      expect([refused.status, await refused.json()]).toEqual([
        400,
        { error_code: 'DBS.280409', error_msg: expect.stringContaining('cannot be restored: what does is ') },
      ]);
    }
    // A new instance of what was there at the end of the second.
    const zones = { availability_zone: 'eu-de-01', vpc_id: uuid(1), subnet_id: uuid(2), security_group_id: uuid(3) };
    const flavor = [{ type: 'replica', num: '1', storage: 'ULTRAHIGH', size: '20', spec_code: 'dds.mongodb.s2.medium.4.repset' }];
    const order = { name: 'shop-then', ...zones, flavor, password: 'Pass-Word_1', ssl_option: '0' };
    const timestamp = { type: 'timestamp', instance_id: id, restore_time: String(second.point.t * 1000) };
    for (const [restore_point, code] of [
      [{ ...timestamp, restore_time: 1000 }, 'DBS.280409'],
      [{ ...timestamp, restore_time: undefined }, 'DBS.280409'],
      [{ ...timestamp, instance_id: undefined }, 'DBS.280001'],
      [{ ...timestamp, instance_id: 'nobody' }, 'DBS.280404'],
      [{ ...timestamp, instance_id: `${'0'.repeat(32)}in02` }, 'DBS.200002'],
    ] as const) {
      const refused = await larder.send('POST', dds, { ...order, restore_point });
      expect(await refused.json()).toMatchObject({ error_code: code });
    }
    const at = new Date(second.point.t * 1000).toISOString();
    const create = ['instance', 'create', '--name', 'shop-then', '--from-instance', 'shop-db', '--at', at, '--size', '20'];
    const creating = command(...create, '--no-tls', '--keep-days', '0', '--wait', '--json');
    const actions = async (): Promise<readonly string[]> =>
      (await larder.call<{ instances: { actions: string[] }[] }>('GET', `${dds}?id=${id}`)).instances[0]!.actions;
    await until(async () => isDeepStrictEqual(await actions(), ['RESTORE_CHECK']), { what: 'the action of the source' });
    const made = JSON.parse(await creating) as {
      readonly instance_id: string;
      readonly port: number;
      readonly job: object;
    };
    expect(made.job).toMatchObject({
      name: 'RestoreMongoDB_Replica_PITR',
      status: 'Completed',
      result: { verdict: 'replayed', replayed: [{ point: formatPoint({ t: second.point.t, i: 0xffff_ffff }) }] },
    });
    expect(await actions()).toEqual([]);
    // Nobody knows the password of its administrator until it is set.
    await larder.call('PUT', `${dds}/${made.instance_id}/reset-password`, { user_pwd: 'Pass-Word_1' });
    const address = `mongodb://rwuser:${encodeURIComponent('Pass-Word_1')}@127.0.0.1:${made.port}/?replicaSet=replica`;
    await using copied = await new MongoClient(address).connect();
    expect(
      await copied
        .db('shop')
        .collection('orders')
        .find({}, { sort: { _id: 1 } })
        .toArray(),
    ).toEqual(second.rows);

    const { job_id } = await begin('POST', `${dds}/recovery`, recovery(String(second.point.t * 1000 + 999)));
    expect(await ended(job_id)).toMatchObject({ status: 'Completed', result: { verdict: 'replayed' } });
    expect(await held()).toEqual(second.rows);
    // The whole instance is what it was: what came later is gone.
    expect(await client.db('shop').listCollections({ name: 'then' }).toArray()).toEqual([]);
    // What comes now is another history.
    const gaps = async (): Promise<readonly { cause: string }[]> =>
      (await larder.call<{ archive: { gaps: { cause: string }[] } }>('GET', `${own}/instances/${id}`)).archive.gaps;
    await until(async () => (await gaps()).some(({ cause }) => cause === 'restored'), { what: 'the next history' });
  });
});

it('R8: backups that a restore to a time may need cannot be deleted while it runs, nor with their instance, and it proves none of them', async () => {
  await using world = await openWorld();
  const { useCases } = world;
  const { db } = world.catalog;
  await world.start();
  const caller = await world.newCaller();
  const stranger = await world.newCaller();
  const { id: instanceId } = await useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' });
  const backUp = async (name: string, t: number): Promise<string> => {
    const { backupId, jobId } = await useCases.createBackup(caller, { instanceId, name, description: '' });
    await world.ended(caller, jobId);
    const base = { backupId, time: { t, i: 1, term: 1 }, oplogAfter: { t, i: 1 } };
    await db
      .updateTable('backups')
      .set({ replay_base: JSON.stringify(base) })
      .where('id', '=', backupId)
      .execute();
    return backupId;
  };
  const [older, newer, later] = [await backUp('older', 100), await backUp('newer', 200), await backUp('later', 300)];
  const stretches = JSON.stringify([{ after: { t: 100, i: 1, term: 1 }, to: { t: 400, i: 1, term: 1 } }]);
  await db
    .insertInto('oplog_timelines')
    .values({ instance_id: instanceId, project_id: caller.projectId, number: 1, begun: null, gap: null, stretches })
    .execute();

  const point = { t: 250, i: 1 };
  const release = Promise.withResolvers<void>();
  world.tasks.restore = async ({ legs }) => {
    const pointInTime = { point, instanceId, timeline: 1, olderBases: [older] };
    expect(legs).toEqual([{ backupId: newer, pointInTime, selection: wholeBackup }]);
    await release.promise;
    const replayed = { baseBackupId: newer, base: { t: 200, i: 1 }, point, entries: 5, bytes: 900, writes: 3 };
    return { documents: 1, bytes: 1, collections: 1, verified: true, seconds: 1, unbuilt: [], notes: [], replayed: [replayed] };
  };
  const { id: other } = await useCases.adoptInstance(caller, { name: 'other-db', uri: 'mongodb://b.example' });
  const order = { targetInstanceId: other, overwrite: true };
  const moment = { instanceId, point };
  expect(await codeOf(useCases.restore(stranger, { ...order, moment }))).toBe('instance-not-found');
  expect(await codeOf(useCases.restore(caller, { ...order, moment: { instanceId, point: { t: 99, i: 1 } } }))).toBe(
    'time-not-restorable',
  );
  const { jobId } = await useCases.restore(caller, { ...order, moment });
  expect(await codeOf(useCases.deleteBackup(caller, newer))).toBe('backup-in-use');
  expect(await codeOf(useCases.deleteBackup(caller, older))).toBe('backup-in-use');
  // The deletion of the instance would take its automated backups with it.
  const ofType = (type: 'Auto' | 'Manual') => db.updateTable('backups').set({ type }).where('id', '=', older).execute();
  await ofType('Auto');
  expect(await codeOf(useCases.deleteInstance(caller, instanceId))).toBe('instance-busy');
  expect((await useCases.showBackup(caller, older)).status).toBe('COMPLETED');
  await ofType('Manual');
  await useCases.deleteBackup(caller, later);
  release.resolve();
  expect(await world.ended(caller, jobId)).toMatchObject({
    status: 'Completed',
    backupId: newer,
    result: { verdict: 'replayed', replayed: [{ baseBackupId: newer, point: '250:1', entries: 5, writes: 3 }] },
  });
  expect((await useCases.showBackup(caller, newer)).proof).toBeNull();
  await useCases.deleteBackup(caller, older);
  await db.updateTable('instances').set({ mode: 'Single' }).execute();
  expect(await codeOf(useCases.restore(caller, { ...order, moment }))).toBe('unsupported-operation');
});
