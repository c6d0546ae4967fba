import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stateCollection } from '../../src/core/restore-names.ts';
import type { CollectionState } from '../../src/engine/restore/restore-state.ts';
import { endedJob, jobOf } from '../fixtures/ended-job.ts';
import { holdable } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const documents = 150_000;
/** So that the backup lasts for seconds on any machine, and can be seen half-way. */
const megabytesPerSecond = 10;

/** 32 hex digits out of an entry of listCollections. */
function uuidOf(entry: unknown): string {
  return Buffer.from((entry as { info: { uuid: { buffer: Uint8Array } } }).info.uuid.buffer).toString('hex');
}

/** P10: the real server, killed with SIGKILL while a real job runs, and started again on the same data folder. */
describe('a server killed in the middle', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });
  let folder: TemporaryFolder;
  let dataFolder: string;
  let instanceId: string;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    dataFolder = join(folder.path, 'data');
    await mkdir(dataFolder);
    await using client = new MongoClient(set().uri);
    const collection = client.db('shop').collection('orders');
    for (let n = 0; n < documents; n += 10_000) {
      await collection.insertMany(Array.from({ length: 10_000 }, (_, k) => ({ n: n + k, text: `order ${n + k} `.repeat(30) })));
    }
    await collection.createIndex({ n: 1 }, { unique: true });
    before = await instanceState(client);
    await using larder = await startLarder({ dataFolder });
    const adopted = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, {
      name: 'shop',
      uri: set().uri,
    });
    instanceId = adopted.id;
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('goes on with a backup, which then restores; a killed restore ends right too', async () => {
    await using first = await startLarder({ dataFolder, makesDatabase: true });
    const { job_id: jobId, backup_id: backupId } = await first.call<{ job_id: string; backup_id: string }>(
      'POST',
      `/larder/v1/${first.projectId}/backups`,
      { instance_id: instanceId, name: 'killed', rate_mb_per_s: megabytesPerSecond },
    );
    await until(async () => ((await jobOf(first, jobId)).progress?.documents_done ?? 0) > documents / 10, {
      what: 'a tenth of the documents of the backup',
    });
    await first.kill();

    await using second = await startLarder({ dataFolder });
    expect(await endedJob(second, jobId)).toMatchObject({ status: 'Completed' });
    const { backups } = await second.call<{ backups: { id: string; status: string }[] }>(
      'GET',
      `/v3/${second.projectId}/backups`,
    );
    expect(backups).toMatchObject([{ id: backupId, status: 'COMPLETED' }]);

    await using client = new MongoClient(set().uri);
    await client
      .db('shop')
      .collection('orders')
      .deleteMany({ n: { $lt: documents / 2 } });
    // Each batch takes its time, so that the restore can be seen half-way on any machine.
    const slowly = (mode: 'alwaysOn' | 'off') =>
      client.db('admin').command({
        configureFailPoint: 'failCommand',
        mode,
        data: { failCommands: ['insert'], blockConnection: true, blockTimeMS: 500 },
      });
    await slowly('alwaysOn');
    const body = { source: { instance_id: instanceId, backup_id: backupId }, target: { instance_id: instanceId } };
    const restore = await second.call<{ job_id: string }>('POST', `/v3/${second.projectId}/instances/recovery`, body);
    const states = client.db('shop').collection<{ _id: string; state: CollectionState }>(stateCollection);
    const begun = await until(async () => (await states.find().toArray()).find(({ state }) => state.batches > 0)?.state, {
      what: 'the first batches of the restore',
    });
    await second.kill();
    await slowly('off');
    // Until the very end of a restore nobody sees anything of it (pitfalls R4).
    expect(await client.db('shop').collection('orders').countDocuments()).toBe(documents / 2);

    await using third = await startLarder({ dataFolder });
    expect(await endedJob(third, restore.job_id)).toMatchObject({ status: 'Completed' });
    expect(await instanceState(client)).toEqual(before);
    // R3: the collection that the killed one had begun was filled further, and took its place.
    const [orders] = await client.db('shop').listCollections({ name: 'orders' }).toArray();
    expect(uuidOf(orders)).toBe(begun.uuid);
    const { instances } = await third.call<{ instances: { status: string; actions: string[] }[] }>(
      'GET',
      `/v3/${third.projectId}/instances`,
    );
    expect(instances).toMatchObject([{ status: 'normal', actions: [] }]);
  });
});
