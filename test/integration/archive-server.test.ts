import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

interface Archive {
  readonly state: string;
  readonly newest_restorable: string | null;
  readonly gaps: readonly unknown[];
}

describe('the archive of a real server', () => {
  const set = replicaSet({ members: 1 });

  it('P10, R8: goes on after kill -9 without a gap and shows what restores', async () => {
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection('orders');
    await orders.insertMany(Array.from({ length: 100 }, (_, n) => ({ n })));
    await using folder = await temporaryFolder();
    const dataFolder = join(folder.path, 'data');
    await mkdir(dataFolder);
    const settings = { LARDER_ARCHIVE_SECONDS: '1' };

    let instanceId = '';
    const archive = async (larder: Larder): Promise<Archive | null> =>
      (await larder.call<{ archive: Archive | null }>('GET', `/larder/v1/${larder.projectId}/instances/${instanceId}`)).archive;
    const ranges = async (larder: Larder) => {
      const date = systemClock.now().toISOString().slice(0, 10);
      const path = `/v3/${larder.projectId}/instances/${instanceId}/restore-time?date=${date}`;
      return (await larder.call<{ restore_time: { start_time: number; end_time: number }[] }>('GET', path)).restore_time;
    };
    /** Resolves once everything written before the call restores. */
    const restorableNow = async (larder: Larder): Promise<void> => {
      await orders.insertOne({ at: 'now' });
      const now = systemClock.now().getTime() + 1000;
      await until(
        async () => {
          // An idle server lets its clock stand for ten seconds; a busy one does not.
          await client.db('clock').collection('ticks').insertOne({});
          return ((await ranges(larder)).at(-1)?.end_time ?? 0) > now;
        },
        { what: 'a range up to now' },
      );
    };

    {
      await using larder = await startLarder({ dataFolder, settings });
      const adopted = { name: 'shop-db', uri: set().uri };
      ({ id: instanceId } = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, adopted));
      expect(await ranges(larder)).toEqual([]);
      const policy = { backup_policy: { keep_days: 7, start_time: '19:00-20:00', period: '1,2,3,4,5,6,7' } };
      await larder.send('PUT', `/v3/${larder.projectId}/instances/${instanceId}/backups/policy`, policy);
      await restorableNow(larder);
      expect(await archive(larder)).toMatchObject({ state: 'following', gaps: [] });
      await larder.kill();
    }
    await orders.insertOne({ at: 'while nobody looks' });
    {
      await using larder = await startLarder({ dataFolder, settings });
      await restorableNow(larder);
      expect(await ranges(larder)).toHaveLength(1);
      expect(await archive(larder)).toMatchObject({ state: 'following', gaps: [] });
    }
  });
});
