import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { fromTimestamp } from '../../src/mongo/cluster-time.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

interface ListedBackup {
  readonly id: string;
  readonly type: string;
  readonly status: string;
}

const never = new AbortController().signal;

describe('R8, R10, O5: the oplog is lost while nobody follows it', () => {
  const set = replicaSet({ members: 1, oplogMb: 4, extraArguments: ['--syncdelay', '1'] });

  it('a new image is taken at once; moments after it restore, those in the gap are refused with the ranges that do', async () => {
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection<{ _id: string }>('orders');
    await orders.insertOne({ _id: 'before' });
    await using folder = await temporaryFolder();
    const dataFolder = join(folder.path, 'data');
    await mkdir(dataFolder);
    const settings = { LARDER_ARCHIVE_SECONDS: '1' };

    let instanceId = '';
    const own = (larder: Larder): string => `/larder/v1/${larder.projectId}`;
    const ranges = async (larder: Larder) => {
      const path = `/v3/${larder.projectId}/instances/${instanceId}/restore-time?date=${systemClock.now().toISOString().slice(0, 10)}`;
      return (await larder.call<{ restore_time: { start_time: number; end_time: number }[] }>('GET', path)).restore_time;
    };
    /** A point after everything written before the call, once it restores. */
    const restorablePoint = async (larder: Larder): Promise<string> => {
      const point = await majorityOpTime(client, never);
      await until(
        async () => {
          // An idle server lets its clock stand for ten seconds; a busy one does not.
          await client.db('clock').collection('ticks').insertOne({});
          return ((await ranges(larder)).at(-1)?.end_time ?? 0) > point.t * 1000;
        },
        { what: 'a range up to now', timeoutMs: 120_000 },
      );
      return formatPoint(point);
    };
    const restore = (larder: Larder, at: string, newName: string | null, more: object = {}) =>
      larder.send('POST', `${own(larder)}/restores`, {
        instance_id: instanceId,
        at,
        target_instance_id: instanceId,
        collections: [{ name: 'shop.orders', new_name: newName }],
        ...more,
      });

    let earlier = '';
    {
      await using larder = await startLarder({ dataFolder, settings });
      const adopted = { name: 'shop-db', uri: set().uri };
      ({ id: instanceId } = await larder.call<{ id: string }>('POST', `${own(larder)}/instances/adopt`, adopted));
      const policy = { backup_policy: { keep_days: 7, start_time: '19:00-20:00', period: '1,2,3,4,5,6,7' } };
      await larder.send('PUT', `/v3/${larder.projectId}/instances/${instanceId}/backups/policy`, policy);
      // The first one waits for the image; only what comes after that restores.
      await restorablePoint(larder);
      earlier = await restorablePoint(larder);
    }
    const stopped = await majorityOpTime(client, never);
    await orders.insertOne({ _id: 'lost' });
    const lost = formatPoint(await majorityOpTime(client, never));
    const filler = client.db('filler').collection<{ _id: number }>('f');
    await filler.insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: n })));
    await until(
      async () => {
        await filler.updateMany({}, { $set: { text: `${'x'.repeat(100_000)}${performance.now()}` } });
        const oldest = await client
          .db('local')
          .collection('oplog.rs')
          .findOne({}, { sort: { $natural: 1 } });
        return fromTimestamp(oldest!['ts']).t > stopped.t + 1;
      },
      { what: 'the oplog to roll over', timeoutMs: 120_000 },
    );

    await using larder = await startLarder({ dataFolder, settings });
    const backups = await until(
      async () => {
        const path = `/v3/${larder.projectId}/backups?instance_id=${instanceId}`;
        const found = (await larder.call<{ backups: ListedBackup[] }>('GET', path)).backups;
        return found.length > 1 && found.every(({ status }) => status === 'COMPLETED') && found;
      },
      { what: 'the second backup of the policy', timeoutMs: 120_000 },
    );
    expect(backups.map(({ type }) => type)).toEqual(['Auto', 'Auto']);
    await orders.insertOne({ _id: 'after' });
    const later = await restorablePoint(larder);
    expect(await ranges(larder)).toHaveLength(2);

    const begun = (await (await restore(larder, later, 'shop.later')).json()) as { job_id: string };
    const job = await until(
      async () => {
        const found = await larder.call<{ status: string }>('GET', `${own(larder)}/jobs/${begun.job_id}`);
        return found.status !== 'Running' && found;
      },
      { what: 'the end of the restore', timeoutMs: 120_000 },
    );
    expect(job).toMatchObject({ status: 'Completed', fail_reason: null, result: { verdict: 'replayed' } });
    const held = await client
      .db('shop')
      .collection<{ _id: string }>('later')
      .find({}, { sort: { _id: 1 } })
      .toArray();
    expect(held.map(({ _id }) => _id)).toEqual(['after', 'before', 'lost']);

    // What was before the gap restores as ever; nothing in it is promised.
    expect((await restore(larder, earlier, 'shop.earlier', { dry_run: true })).status).toBe(200);
    const refused = await restore(larder, lost, 'shop.lost');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({
      error_code: 'DBS.280409',
      error_msg: expect.stringMatching(/cannot be restored: what does is .+ to .+, .+ to .+\.$/),
    });
  }, 400_000);
});
