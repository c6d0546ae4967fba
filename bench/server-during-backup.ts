import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { startLarder, type Larder } from '../test/fixtures/start-larder.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { percentile } from './percentile.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

/** 1 GB of documents of about 740 bytes. */
const gigabyte = 1_400_000;
/** Time between two requests that look at the list of backups, milliseconds. */
const pause = 10;

/** What the server costs, and how it answers, while it backs up so many gigabytes. */
export async function serverDuringBackup(gigabytes = 1): Promise<readonly Figure[]> {
  await using set = await startTestSet({ members: 1, cacheGb: 1 });
  await using client = new MongoClient(set.uri);
  const bytes = await fillCollection(client, 'bench', 'orders', gigabytes * gigabyte, 1);
  await using larder = await startLarder({ makesDatabase: true });
  const base = `/v3/${larder.projectId}`;
  const { id } = await larder.call<{ id: string }>('POST', `/larder/v1/${larder.projectId}/instances/adopt`, {
    name: 'bench',
    uri: set.uri,
  });
  const quiet = await latencies(larder, `${base}/backups`, async () => delay(3000).then(() => true));
  const memoryBefore = await peakMemory(larder.pid);
  const started = performance.now();
  const backup = { instance_id: id, name: 'bench', description: '' };
  const { job_id: jobId } = await larder.call<{ job_id: string }>('POST', `${base}/backups`, { backup });
  const busy = await latencies(larder, `${base}/backups`, () => ended(larder, `${base}/jobs?id=${jobId}`));
  const seconds = (performance.now() - started) / 1000;
  return [
    { name: 'data', value: bytes / 1e6, unit: 'MB' },
    { name: 'backup', value: bytes / 1e6 / seconds, unit: 'MB/s' },
    { name: 'peak memory of the server before', value: memoryBefore / 1e6, unit: 'MB' },
    {
      name: 'peak memory of the server',
      value: (await peakMemory(larder.pid)) / 1e6,
      unit: 'MB',
      limit: { kind: 'at most', value: 400 },
    },
    { name: 'GET backups, p99, idle', value: percentile(quiet, 0.99), unit: 'ms' },
    { name: 'GET backups, p50, during the backup', value: percentile(busy, 0.5), unit: 'ms' },
    {
      name: 'GET backups, p99, during the backup',
      value: percentile(busy, 0.99),
      unit: 'ms',
      limit: { kind: 'at most', value: 50 },
    },
    { name: 'GET backups, longest, during the backup', value: percentile(busy, 1), unit: 'ms' },
    { name: 'requests during the backup', value: busy.length, unit: '' },
  ];
}

/** Milliseconds of each request, one after the other, until `until` resolves. */
async function latencies(larder: Larder, path: string, until: () => Promise<boolean>): Promise<readonly number[]> {
  const measured: number[] = [];
  let over = false;
  const end = (async () => {
    while (!(await until())) await delay(200);
    over = true;
  })();
  while (!over) {
    const started = performance.now();
    await larder.call('GET', path);
    measured.push(performance.now() - started);
    await delay(pause);
  }
  await end;
  return measured;
}

async function ended(larder: Larder, path: string): Promise<boolean> {
  const { job } = await larder.call<{ job: { status: string; fail_reason: string | null } }>('GET', path);
  if (job.status === 'Failed') throw new Error(`the backup failed: ${job.fail_reason}`);
  return job.status === 'Completed';
}

/** Highest resident memory of a process so far, in bytes, as Linux counts it. */
async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
