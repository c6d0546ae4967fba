import { MongoClient, type Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { endedJob, type ShownJob } from '../fixtures/ended-job.ts';
import { holdable, holdInserts } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

const never = new AbortController().signal;

interface State {
  readonly hashes: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, Document>>;
}

describe('databases and collections, each as of its own time', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });

  it('C1, C2, R4, R7: come beside what is there, whatever kind they are, and history goes on', async () => {
    await using client = new MongoClient(set().uri);
    const [shop, zoo] = [client.db('shop'), client.db('zoo')];
    const orders = shop.collection<{ _id: number; n: number }>('orders');
    const rows = (name: string) =>
      shop
        .collection(name)
        .find({}, { sort: { _id: 1 } })
        .toArray();
    await orders.insertMany([1, 2, 3].map((n) => ({ _id: n, n: 0 })));
    await using larder = await startLarder({ settings: { LARDER_ARCHIVE_SECONDS: '1' } });
    const own = `/larder/v1/${larder.projectId}`;
    const dds = `/v3/${larder.projectId}`;
    const { id } = await larder.call<{ id: string }>('POST', `${own}/instances/adopt`, { name: 'shop-db', uri: set().uri });
    const policy = { backup_policy: { keep_days: 7, start_time: '19:00-20:00', period: '1,2,3,4,5,6,7' } };
    await larder.send('PUT', `${dds}/instances/${id}/backups/policy`, policy);
    const tick = () => client.db('clock').collection('ticks').insertOne({});
    const restorable = async (second: number): Promise<void> => {
      await until(
        async () => {
          await tick();
          const path = `${dds}/instances/${id}/restore-time?date=${systemClock.now().toISOString().slice(0, 10)}`;
          const { restore_time } = await larder.call<{ restore_time: { end_time: number }[] }>('GET', path);
          return (restore_time.at(-1)?.end_time ?? 0) > second * 1000;
        },
        { what: 'a range up to the second' },
      );
    };
    /** The second of the last write; what is written next belongs to another. */
    const secondOver = async (): Promise<number> => {
      const { t } = await majorityOpTime(client, never);
      await until(async () => (await tick()) && (await majorityOpTime(client, never)).t > t, { what: 'the next second' });
      return t;
    };
    await restorable((await majorityOpTime(client, never)).t);

    await makeZoo(client);
    await orders.updateMany({}, { $set: { n: 1 } });
    const first = await secondOver();
    const zooThen = (await instanceState(client))['zoo'] as State;
    await orders.rename('sold');
    await shop.collection<{ _id: number; n: number }>('sold').updateMany({}, { $set: { n: 2 } });
    await zoo.dropDatabase();
    const second = await secondOver();
    await shop.collection<{ _id: number; n: number }>('sold').updateMany({}, { $set: { n: 3 } });
    await restorable(second);

    const path = `${dds}/instances/${id}/restore/collections`;
    const [then, later] = [first * 1000, second * 1000 + 999];
    for (const [restore_collections, code] of [
      [[{ database: 'shop', restore_database_time: 1000 }], 'DBS.280409'],
      [[{ database: 'none', restore_database_time: then }], 'DBS.200823'],
      [[{ database: 'zoo', restore_database_time: later }], 'DBS.200823'],
      [[{ database: 'shop', collections: [{ old_name: 'sold', restore_collection_time: then }] }], 'DBS.280001'],
      [
        [{ database: 'shop', collections: [{ old_name: 'sold', new_name: 'sold', restore_collection_time: later }] }],
        'DBS.200826',
      ],
      [
        [{ database: 'shop', collections: [{ old_name: 'sold', new_name: 'a$b', restore_collection_time: later }] }],
        'DBS.280001',
      ],
      [
        [
          { database: 'shop', collections: [{ old_name: 'sold', new_name: 'x', restore_collection_time: later }] },
          { database: 'shop', collections: [{ old_name: 'orders', new_name: 'x', restore_collection_time: then }] },
        ],
        'DBS.280001',
      ],
    ] as const) {
      const refused = await larder.send('POST', path, { restore_collections });
      expect([refused.status, await refused.json()]).toMatchObject([400, { error_code: code }]);
    }

    const held = await holdInserts(client);
    const { job_id } = await larder.call<{ job_id: string }>('POST', path, {
      restore_collections: [
        { database: 'zoo', restore_database_time: then },
        {
          database: 'shop',
          collections: [
            // By the name that it had then, which is free now.
            { old_name: 'orders', new_name: 'orders', restore_collection_time: String(then) },
            { old_name: 'sold', restore_collection_time: later },
            { old_name: 'sold', new_name: 'twice', restore_collection_time: later },
          ],
        },
      ],
    });
    const { instances } = await larder.call<{ instances: { actions: string[] }[] }>('GET', `${dds}/instances?id=${id}`);
    expect(instances[0]!.actions).toEqual(['RESTORE_TABLE']);
    await held.release();
    const ended = (jobId: string): Promise<ShownJob> => endedJob(larder, jobId);
    expect(await ended(job_id)).toMatchObject({
      name: 'MongodbRestoreTable',
      status: 'Completed',
      fail_reason: null,
      result: {
        verdict: 'replayed',
        replayed: [first, second, second].map((t) => ({ point: formatPoint({ t, i: 0xffff_ffff }) })),
      },
    });
    expect(await rows('orders')).toEqual([1, 2, 3].map((n) => ({ _id: n, n: 1 })));
    expect(await rows(`sold_bak_${later}`)).toEqual([1, 2, 3].map((n) => ({ _id: n, n: 2 })));
    expect(await rows('twice')).toEqual(await rows(`sold_bak_${later}`));
    expect(await rows('sold')).toEqual([1, 2, 3].map((n) => ({ _id: n, n: 3 })));
    expect(withoutSuffix((await instanceState(client))['zoo'] as State, `_bak_${then}`)).toEqual(withoutOwn(zooThen));

    // Nothing was overwritten: the archive has no gap, and leads to moments after the restore, too.
    const end = await secondOver();
    await shop.collection('orders').drop();
    await restorable(end);
    const { archive } = await larder.call<{ archive: { gaps: unknown[] } }>('GET', `${own}/instances/${id}`);
    expect(archive.gaps).toEqual([]);
    const back = { instance_id: id, at: formatPoint({ t: end, i: 0xffff_ffff }), target_instance_id: id };
    const names = ['orders', `sold_bak_${later}`].map((name) => ({ name: `shop.${name}`, new_name: `shop.again ${name}` }));
    const again = await larder.call<{ job_id: string }>('POST', `${own}/restores`, { ...back, collections: names });
    expect(await ended(again.job_id)).toMatchObject({ status: 'Completed' });
    expect(await rows('again orders')).toEqual([1, 2, 3].map((n) => ({ _id: n, n: 1 })));
    expect(await rows(`again sold_bak_${later}`)).toEqual([1, 2, 3].map((n) => ({ _id: n, n: 2 })));
  });
});

/** What is stored of a database, without what only a whole restore brings. */
function withoutOwn({ hashes, definitions }: State): State {
  const without = <T>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !/^system\.(js|views)$/.test(name)));
  return { hashes: without(hashes), definitions: without(definitions) };
}

/** The same with the names of before. */
function withoutSuffix(state: State, suffix: string): State {
  const renamed = <T>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(of).map(([name, value]) => {
        if (!/^system\.(js|views)$/.test(name)) expect(name.endsWith(suffix), name).toBe(true);
        return [name.slice(0, -suffix.length), value];
      }),
    );
  const { hashes, definitions } = withoutOwn(state);
  return { hashes: renamed(hashes), definitions: renamed(definitions) };
}
