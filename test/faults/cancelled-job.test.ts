import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endedJob, jobOf, type ShownJob } from '../fixtures/ended-job.ts';
import { holdable, holdInserts } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

const documents = 80_000;

/** The real server, its threads and a real replica set: real jobs cancelled in the middle of their work. */
describe('a job that is cancelled', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });
  let larder: Larder;
  let own: string;
  let instanceId: string;

  beforeAll(async () => {
    await using client = new MongoClient(set().uri);
    const many = Array.from({ length: documents }, (_, n) => ({ n, text: `order ${n} `.repeat(30) }));
    await client.db('shop').collection('orders').insertMany(many);
    larder = await startLarder();
    own = `/larder/v1/${larder.projectId}`;
    const adopted = await larder.call<{ id: string }>('POST', `${own}/instances/adopt`, { name: 'shop', uri: set().uri });
    instanceId = adopted.id;
  });
  afterAll(() => larder[Symbol.asyncDispose]());

  const backUp = (name: string, rate?: number) =>
    larder.call<{ job_id: string; backup_id: string }>('POST', `${own}/backups`, {
      instance_id: instanceId,
      name,
      ...(rate === undefined ? {} : { rate_mb_per_s: rate }),
    });

  /** Cancels the job, and tells how it ended. */
  async function cancel(id: string): Promise<ShownJob> {
    await larder.call('POST', `${own}/jobs/${id}/cancel`);
    return endedJob(larder, id);
  }

  it('ends long before its work is done: a backup FAILED, the instance idle, what it stored of use to the next', async () => {
    const { job_id: jobId, backup_id: backupId } = await backUp('nightly', 2);
    await until(async () => ((await jobOf(larder, jobId)).progress?.bytes_done ?? 0) > 0, {
      what: 'the first bytes of the backup',
    });
    const job = await cancel(jobId);
    expect(job).toMatchObject({ status: 'Failed', fail_reason: expect.stringMatching(/^Cancelled by admin\. /) });
    expect(job.progress?.documents_done ?? 0).toBeLessThan(documents);
    expect(await larder.call('GET', `${own}/backups/${backupId}`)).toMatchObject({ status: 'FAILED' });
    expect(await larder.call('GET', `${own}/instances/${instanceId}`)).toMatchObject({ status: 'normal', actions: [] });
    expect((await larder.send('POST', `${own}/jobs/${jobId}/cancel`)).status).toBe(400);

    const deletion = await larder.call<{ job_id: string }>('DELETE', `/v3/${larder.projectId}/backups/${backupId}`);
    expect((await endedJob(larder, deletion.job_id)).status).toBe('Completed');
    const again = await backUp('nightly');
    expect(await endedJob(larder, again.job_id)).toMatchObject({ status: 'Completed' });
  });

  it('leaves the target of a restore as it was while nothing in it was replaced yet; restoring again works', async () => {
    await using client = new MongoClient(set().uri);
    const before = await instanceState(client);
    const { job_id: backupJob, backup_id: backupId } = await backUp('to-restore');
    expect(await endedJob(larder, backupJob)).toMatchObject({ status: 'Completed' });
    const orders = client.db('shop').collection('orders');
    await orders.deleteMany({ n: { $gte: 10 } });
    const restore = () =>
      larder.call<{ job_id: string }>('POST', `${own}/restores`, {
        backup_id: backupId,
        target_instance_id: instanceId,
        overwrite: true,
      });
    // However quick the machine is: nothing of it can be restored yet.
    const held = await holdInserts(client);
    const job = await cancel((await restore()).job_id);
    await held.release();
    expect(job).toMatchObject({ status: 'Failed', fail_reason: 'Cancelled by admin.' });
    expect(await orders.countDocuments()).toBe(10);
    expect(await larder.call('GET', `${own}/instances/${instanceId}`)).toMatchObject({ actions: [] });
    expect(await endedJob(larder, (await restore()).job_id)).toMatchObject({ status: 'Completed' });
    expect(await instanceState(client)).toEqual(before);
  });
});
