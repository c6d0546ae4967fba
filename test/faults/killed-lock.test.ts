import { readdir, readFile } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Standalone } from '../../src/provider/start-standalone.ts';
import { endedJob } from '../fixtures/ended-job.ts';
import { holdable, holdReads } from '../fixtures/hold-server.ts';
import { startTestServer } from '../fixtures/standalone.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

interface Started {
  readonly job_id: string;
  readonly backup_id: string;
}

/** The process that holds the lock for a server of ours. */
async function guardOf(parent: number): Promise<number | null> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const [status, command] = await Promise.all(
      ['status', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    if (command!.includes('fsync-lock-process') && status!.includes(`\nPPid:\t${parent}\n`)) return Number(name);
  }
  return null;
}

describe('H5: the lock of a single server, when Larder is killed while it holds it', () => {
  let server: Standalone;
  let client: MongoClient;
  let folder: TemporaryFolder;
  let instanceId: string;
  const isLocked = async (): Promise<boolean> => (await client.db('admin').command({ currentOp: 1 }))['fsyncLock'] === true;
  const begin = (larder: Larder, name: string): Promise<Started> =>
    larder.call<Started>('POST', `/larder/v1/${larder.projectId}/backups`, { instance_id: instanceId, name, lock: true });

  beforeAll(async () => {
    server = await startTestServer({ extraArguments: holdable });
    client = new MongoClient(server.uri);
    folder = await temporaryFolder();
    await client
      .db('shop')
      .collection('orders')
      .insertMany(Array.from({ length: 10_000 }, (_, n) => ({ n, text: `order ${n} `.repeat(30) })));
    await using larder = await startLarder({ dataFolder: folder.path });
    const body = { name: 'single', uri: server.uri };
    const adopted = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, body);
    instanceId = adopted.id;
    const { instances } = await larder.call<{ instances: unknown[] }>('GET', `/v3/${larder.projectId}/instances?mode=Single`);
    expect(instances).toMatchObject([{ id: instanceId, mode: 'Single', status: 'normal' }]);
  });
  afterAll(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('goes at once; killed together with its guard it goes at the next start; the backup is then taken, locked', async () => {
    await using first = await startLarder({ dataFolder: folder.path });
    // However quick the machine is, the backup is not over before there is nobody left who could end it.
    await using reading = await holdReads(client, 'shop.orders');
    await begin(first, 'killed');
    await until(isLocked, { what: 'the lock of the server' });
    await first.kill();
    await until(async () => !(await isLocked()), { what: 'the guard to unlock the server' });

    await using second = await startLarder({ dataFolder: folder.path });
    await until(async () => (await isLocked()) && (await guardOf(second.pid)) !== null, {
      what: 'the server to be locked again, under a guard',
    });
    const guard = (await guardOf(second.pid))!;
    process.kill(guard, 'SIGKILL');
    await second.kill();
    expect(await isLocked(), 'nobody is left to unlock').toBe(true);
    await reading.release();

    await using third = await startLarder({ dataFolder: folder.path });
    const { backups } = await third.call<{ backups: { id: string }[] }>('GET', `/larder/v1/${third.projectId}/backups`);
    const path = `/larder/v1/${third.projectId}/backups/${backups[0]!.id}`;
    const backup = await until(
      async () => {
        const shown = await third.call<{ status: string; consistency: string; cluster_time: unknown }>('GET', path);
        return shown.status === 'BUILDING' ? null : shown;
      },
      { what: 'the end of the backup', timeoutMs: 300_000 },
    );
    expect(backup).toMatchObject({ status: 'COMPLETED', consistency: 'locked', cluster_time: null });
    expect(await isLocked()).toBe(false);
    await client.db('shop').collection('orders').insertOne({ n: -1 });

    const plain = await third.call<Started>('POST', `/v3/${third.projectId}/backups`, {
      backup: { instance_id: instanceId, name: 'by-dds', description: '' },
    });
    expect(await endedJob(third, plain.job_id)).toMatchObject({ status: 'Completed' });
    expect(await third.call('GET', `/larder/v1/${third.projectId}/backups/${plain.backup_id}`)).toMatchObject({
      consistency: 'none',
      notes: [expect.stringContaining('not all at the same one')],
    });
  });
});
