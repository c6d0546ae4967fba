import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { larderCommand } from '../fixtures/larder-command.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

interface Row {
  readonly type: string;
  readonly status: string;
  readonly name: string;
  readonly deletable: boolean;
}

/** An hour far from now: within it the lost catalog would mean one more automated backup. */
function distantWindow(): string {
  const hour = (systemClock.now().getUTCHours() + 6) % 24;
  const shown = (value: number): string => `${String(value % 24).padStart(2, '0')}:00`;
  return `${shown(hour)}-${shown(hour + 1)}`;
}

describe('the backup policy of a real server', () => {
  const set = replicaSet({ members: 1 });

  it('A6, A7: begins a backup at once, survives the loss of the catalog, and ends with the instance; MongoDB stays as it is', async () => {
    const window = distantWindow();
    await using client = await new MongoClient(set().uri).connect();
    await client
      .db('shop')
      .collection('orders')
      .insertMany(Array.from({ length: 100 }, (_, n) => ({ n })));
    const before = await instanceState(client);
    await using folder = await temporaryFolder();
    const dataFolder = join(folder.path, 'data');
    await mkdir(dataFolder);
    const list = async (larder: Larder): Promise<readonly Row[]> =>
      (await larder.call<{ backups: Row[] }>('GET', `/v3/${larder.projectId}/backups`)).backups;

    {
      await using larder = await startLarder({ dataFolder });
      await larder.call('POST', `/larder/v1/${larder.projectId}/instances/adopt`, { name: 'shop-db', uri: set().uri });
      const refused = await larderCommand(
        larder,
        'policy',
        'set',
        'shop-db',
        '--keep-days',
        '3',
        '--start-time',
        window,
        '--period',
        '1',
      );
      expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Invalid backup cycle.') });
      expect(await larderCommand(larder, 'policy', 'set', 'shop-db', '--keep-days', 'week')).toMatchObject({ code: 2 });
      expect((await larderCommand(larder, 'policy', 'show', 'shop-db')).stdout).toBe('Automated backups  off\n');

      const on = await larderCommand(
        larder,
        'policy',
        'set',
        'shop-db',
        '--keep-days',
        '30',
        '--start-time',
        window,
        '--period',
        '1,5',
      );
      expect(on).toMatchObject({ code: 0, stderr: '' });
      expect(on.stdout).toMatch(
        /^Automated backups {2}on\nKept for +30 days\nWindow +\d\d:00-\d\d:00 UTC\nDays +Mon, Fri\nArchived oplog +yes\nNext window +\d{4}-/,
      );
      await until(async () => (await list(larder))[0]?.status === 'COMPLETED', { what: 'the first automated backup' });
    }

    await rm(join(dataFolder, 'catalog'), { recursive: true });
    await using larder = await startLarder({ dataFolder });
    expect(await list(larder)).toMatchObject([{ type: 'Auto', status: 'COMPLETED', deletable: false }]);
    const shown = await larderCommand(larder, 'policy', 'show', 'shop-db', '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({ keep_days: 30, start_time: window, period: '1,5', trouble: null });

    await larderCommand(larder, 'backup', 'create', '--instance', 'shop-db', '--name', 'by-hand', '--wait');
    expect(await larderCommand(larder, 'instance', 'delete', 'shop-db')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect(await larderCommand(larder, 'instance', 'delete', 'shop-db', '--yes', '--wait')).toMatchObject({
      code: 0,
      stdout: 'shop-db is deleted.\n',
    });
    expect(await list(larder)).toMatchObject([{ type: 'Manual', name: 'by-hand', status: 'COMPLETED' }]);
    expect(await larderCommand(larder, 'instance', 'show', 'shop-db')).toMatchObject({ code: 3 });
    expect(await instanceState(client)).toEqual(before);
  });
});
