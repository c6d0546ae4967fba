import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { until } from '../fixtures/until.ts';

interface Job {
  readonly status: 'Running' | 'Completed' | 'Failed';
  readonly ended: string | null;
  readonly fail_reason: string | null;
  readonly progress: { readonly phase: string; readonly bytes_done: number; readonly share: number | null } | null;
}

const documents = 80_000;
/** What is promised. */
const mostSeconds = 2;

/** The real server, its threads and a real replica set: real jobs cancelled in the middle of their work. */
describe('a job that is cancelled', () => {
  const set = replicaSet({ members: 1 });
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

  const jobOf = (id: string): Promise<Job> => larder.call<Job>('GET', `${own}/jobs/${id}`);
  const ended = (id: string): Promise<Job> =>
    until(async () => ((await jobOf(id)).status === 'Running' ? null : jobOf(id)), { timeoutMs: 60_000 });
  const backUp = (name: string, rate?: number) =>
    larder.call<{ job_id: string; backup_id: string }>('POST', `${own}/backups`, {
      instance_id: instanceId,
      name,
      ...(rate === undefined ? {} : { rate_mb_per_s: rate }),
    });

  /** Cancels the job; how it ended, and how long that took by the server's own clock, of which the answer tells whole seconds. */
  async function cancel(id: string): Promise<{ job: Job; seconds: number }> {
    const asked = Date.parse((await larder.send('POST', `${own}/jobs/${id}/cancel`)).headers.get('date') ?? '');
    const job = await ended(id);
    return { job, seconds: (Date.parse(job.ended ?? '') - asked) / 1000 };
  }

  it('ends within two seconds: a backup FAILED, the instance idle, what it stored of use to the next', async () => {
    const { job_id: jobId, backup_id: backupId } = await backUp('nightly', 2);
    await until(async () => ((await jobOf(jobId)).progress?.bytes_done ?? 0) > 0);
    const { job, seconds } = await cancel(jobId);
    expect(job).toMatchObject({ status: 'Failed', fail_reason: expect.stringMatching(/^Cancelled by admin\. /) });
    expect(seconds).toBeLessThan(mostSeconds + 1);
    expect(await larder.call('GET', `${own}/backups/${backupId}`)).toMatchObject({ status: 'FAILED' });
    expect(await larder.call('GET', `${own}/instances/${instanceId}`)).toMatchObject({ status: 'normal', actions: [] });
    expect((await larder.send('POST', `${own}/jobs/${jobId}/cancel`)).status).toBe(400);

    const deletion = await larder.call<{ job_id: string }>('DELETE', `/v3/${larder.projectId}/backups/${backupId}`);
    expect((await ended(deletion.job_id)).status).toBe('Completed');
    const again = await backUp('nightly');
    expect(await ended(again.job_id)).toMatchObject({ status: 'Completed' });
  });

  it('leaves the target of a restore as it was while nothing in it was replaced yet; restoring again works', async () => {
    await using client = new MongoClient(set().uri);
    const before = await instanceState(client);
    const { job_id: backupJob, backup_id: backupId } = await backUp('to-restore');
    expect(await ended(backupJob)).toMatchObject({ status: 'Completed' });
    const orders = client.db('shop').collection('orders');
    await orders.deleteMany({ n: { $gte: 10 } });
    const restore = () =>
      larder.call<{ job_id: string }>('POST', `${own}/restores`, {
        backup_id: backupId,
        target_instance_id: instanceId,
        overwrite: true,
      });
    const { job, seconds } = await cancel((await restore()).job_id);
    expect(job).toMatchObject({ status: 'Failed', fail_reason: 'Cancelled by admin.' });
    expect(await orders.countDocuments()).toBe(10);
    expect(seconds).toBeLessThan(mostSeconds + 1);
    expect(await larder.call('GET', `${own}/instances/${instanceId}`)).toMatchObject({ actions: [] });
    expect(await ended((await restore()).job_id)).toMatchObject({ status: 'Completed' });
    expect(await instanceState(client)).toEqual(before);
  });
});
