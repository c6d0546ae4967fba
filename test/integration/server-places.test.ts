import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { endedJob } from '../fixtures/ended-job.ts';
import { startS3Server } from '../fixtures/start-s3-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { startPostgres } from '../fixtures/start-postgres.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

async function finished(larder: Larder, jobId: string): Promise<void> {
  expect(await endedJob(larder, jobId)).toMatchObject({ status: 'Completed', fail_reason: null });
}

describe('a server with its catalog in PostgreSQL and its repository in an S3 bucket', () => {
  const set = replicaSet({ members: 1 });

  it('backs up and restores; a new installation with nothing but bucket and passphrase recovers all of it', async () => {
    await using s3 = await startS3Server();
    await using postgres = await startPostgres();
    await using folder = await temporaryFolder();
    const bucket = await s3.createBucket('backups');
    const settings = async () => ({
      ...s3.environment,
      LARDER_DATABASE_URL: await postgres.createDatabase(),
      LARDER_REPOSITORY: bucket,
      LARDER_REPOSITORY_PASSPHRASE: 'a passphrase of the test',
    });
    const dataFolders = [join(folder.path, 'one'), join(folder.path, 'two')] as const;
    for (const path of dataFolders) await mkdir(path);
    await using client = new MongoClient(set().uri);
    await client
      .db('shop')
      .collection('orders')
      .insertMany(Array.from({ length: 5000 }, (_, n) => ({ n, text: `order ${n}` })));
    const before = await instanceState(client);

    await using first = await startLarder({ dataFolder: dataFolders[0], settings: await settings() });
    const adopt = { name: 'shop', uri: set().uri };
    const { id } = await first.call<{ id: string }>('POST', `/larder/v1/${first.projectId}/instances/adopt`, adopt);
    const backup = { instance_id: id, name: 'kept', description: '' };
    const taken = await first.call<{ job_id: string; backup_id: string }>('POST', `/v3/${first.projectId}/backups`, { backup });
    await finished(first, taken.job_id);
    await first.kill();
    await client.db('shop').dropDatabase();

    // Another machine: an empty catalog and an empty data folder.
    await using second = await startLarder({ dataFolder: dataFolders[1], settings: await settings() });
    expect(second.projectId).toBe(first.projectId);
    const { backups } = await second.call<{ backups: object[] }>('GET', `/v3/${second.projectId}/backups`);
    expect(backups).toMatchObject([{ id: taken.backup_id, name: 'kept', status: 'COMPLETED', instance_id: id }]);
    const body = { source: { instance_id: id, backup_id: taken.backup_id }, target: { instance_id: id } };
    const { job_id: restore } = await second.call<{ job_id: string }>('POST', `/v3/${second.projectId}/instances/recovery`, body);
    await finished(second, restore);
    expect(await instanceState(client)).toEqual(before);
  });
});
