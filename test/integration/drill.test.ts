import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Long, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeEnvironment, nodeFlags } from '../../scripts/node-options.mjs';
import { endedJob, type ShownJob } from '../fixtures/ended-job.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder, type Larder } from '../fixtures/start-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

interface Backup {
  readonly id: string;
  readonly proof: { readonly verdict: string; readonly reason: string | null; readonly seconds: number } | null;
}

/** Real server, real command line, real drills. */
describe('a backup', () => {
  const set = replicaSet({ members: 1 });
  let folder: TemporaryFolder;
  let larder: Larder;
  let instanceId: string;
  let backupId: string;

  const own = (path: string): string => `/larder/v1/${larder.projectId}/${path}`;
  const ended = (id: string): Promise<ShownJob> => endedJob(larder, id);
  const proof = async () => (await larder.call<Backup>('GET', own(`backups/${backupId}`))).proof;
  const command = async (...args: string[]) => {
    const bin = fileURLToPath(new URL('../../bin/larder.ts', import.meta.url));
    const user = { OS_USERNAME: 'admin', OS_PASSWORD: larder.password, OS_PROJECT_ID: larder.projectId };
    const child = spawn(process.execPath, [...nodeFlags, bin, ...args], {
      cwd: folder.path,
      env: { ...nodeEnvironment, ...user, PATH: process.env['PATH'], LARDER_ENDPOINT: larder.endpoint },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };
  const drillFolders = async (): Promise<readonly string[]> => Array.fromAsync(glob(join(folder.path, 'drills', '*')));

  beforeAll(async () => {
    folder = await temporaryFolder();
    await using client = new MongoClient(set().uri);
    const shop = client.db('shop');
    await shop
      .collection('orders')
      .insertMany(Array.from({ length: 500 }, (_, n) => ({ n, paid: n % 5 === 0, text: randomBytes(400).toString('hex') })));
    await shop.collection('orders').createIndex({ n: 1 });
    await shop.collection<{ _id: number; total: Long }>('sums').insertOne({ _id: 1, total: Long.fromNumber(7) });
    larder = await startLarder({ dataFolder: folder.path });
    const adopted = await larder.call<{ id: string }>('POST', own('instances/adopt'), { name: 'shop', uri: set().uri });
    instanceId = adopted.id;
    const backup = { instance_id: instanceId, name: 'nightly', description: '' };
    const made = await larder.call<{ job_id: string; backup_id: string }>('POST', `/v3/${larder.projectId}/backups`, { backup });
    backupId = made.backup_id;
    expect((await ended(made.job_id)).status).toBe('Completed');
  });
  afterAll(async () => {
    await larder[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('is proved by a drill of the newest one of its instance, with questions of the user', async () => {
    expect(await proof()).toBeNull();
    const list = [
      '- {namespace: shop.orders, query: {n: {$lt: 100}, paid: true}, count: 20}',
      '- {namespace: shop.sums, documents: [{total: 7, _id: 1}]}',
    ];
    await writeFile(join(folder.path, 'right.yaml'), list.join('\n'));
    const { code, output } = await command('drill', '--instance', 'shop', '--assert', 'right.yaml', '--wait');
    expect([code, output]).toEqual([0, expect.stringMatching(/The backup is proved[^]*501 documents of 2 collections[^]*equal/)]);
    expect(output).toContain('Assertions that hold: 2.');
    expect(await proof()).toMatchObject({ verdict: 'proved', reason: null, seconds: expect.any(Number) });
    expect((await command('backup', 'list')).output).toMatch(/PROVED[^]*nightly +COMPLETED .* UTC .* UTC/);
    expect(await drillFolders()).toEqual([]);
  });

  it('is proved again and again by a schedule, which keeps its questions', async () => {
    const { code, output } = await command('drill', 'schedule', 'shop', '--every', '30', '--assert', 'right.yaml', '--json');
    expect([code, JSON.parse(output)]).toMatchObject([0, { schedule: { every_days: 30, proof_days: 31, assertions: [{}, {}] } }]);
    const scheduled = await until(
      async () => {
        const { last_job_id: id } = await larder.call<{ last_job_id: string | null }>(
          'GET',
          own(`instances/${instanceId}/drill-schedule`),
        );
        return id === null ? null : await ended(id);
      },
      { what: 'the first drill of the schedule', timeoutMs: 300_000 },
    );
    expect(scheduled).toMatchObject({ status: 'Completed', result: { verdict: 'equal', notes: ['Assertions that hold: 2.'] } });
    expect((await command('instance', 'show', 'shop')).output).toMatch(/Proved +.* UTC, at most 31 days may pass/);
    const labels = `{project="${larder.projectId}",instance="${instanceId}",name="shop"}`;
    const metrics = await (await fetch(`${larder.endpoint}/larder/v1/metrics`)).text();
    expect(metrics).toContain(`larder_proof_good${labels} 1\n`);
    expect(metrics).toMatch(/larder_task_documents_total\{kind="drill"\} [1-9]/);
    expect(metrics).toMatch(/larder_scheduler_rounds_total\{result="well"\} [1-9]/);
    expect((await command('drill', 'schedule', 'shop', '--off')).output).toMatch(/Drills by themselves +off/);
  });

  it('that does not answer as expected fails, and its list says so', async () => {
    await writeFile(join(folder.path, 'wrong.yaml'), '- {namespace: shop.orders, query: {paid: true}, count: 99}\n');
    const { code, output } = await command('drill', '--backup', 'nightly', '--assert', 'wrong.yaml', '--wait');
    expect([code, output]).toEqual([1, expect.stringContaining('assertion 1 on shop.orders: 100 documents, expected 99')]);
    expect(await proof()).toMatchObject({ verdict: 'failed', reason: expect.stringContaining('expected 99') });
    expect((await command('backup', 'list')).output).toMatch(/nightly .* FAILED /);
    expect(await drillFolders()).toEqual([]);
  });

  it('R2: can be restored in parts, after a plan that says what would be lost', async () => {
    const body = { backup_id: backupId, target_instance_id: instanceId, collections: [{ name: 'shop.orders' }] };
    await using client = new MongoClient(set().uri);
    await client
      .db('shop')
      .collection('orders')
      .deleteMany({ n: { $gte: 100 } });
    expect(await larder.call('POST', own('restores'), { ...body, dry_run: true })).toMatchObject({
      arrivals: [{ name: 'shop.orders', documents: 500, indexes: ['n_1'], swapped: true, overwrites: { documents: 100 } }],
      drops: [],
      users: false,
      // The drills before were of about this size.
      expected: { basis: 'others', seconds: expect.any(Number) },
    });
    const refused = await larder.send('POST', own('restores'), body);
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ error_code: 'DBS.200004' })]);
    const unknown = await larder.send('POST', own('restores'), { ...body, collections: [{ name: 'shop.order' }] });
    expect([unknown.status, await unknown.json()]).toEqual([
      400,
      { error_code: 'DBS.280001', error_msg: 'Parameter error. The backup holds no collection shop.order.' },
    ]);

    const { job_id } = await larder.call<{ job_id: string }>('POST', own('restores'), {
      ...body,
      collections: [{ name: 'shop.orders', new_name: 'archive.orders' }],
    });
    expect(await ended(job_id)).toMatchObject({ status: 'Completed', result: { verdict: 'equal', documents: 500, notes: [] } });
    expect(await client.db('archive').collection('orders').countDocuments()).toBe(500);
    expect(await client.db('shop').collection('orders').countDocuments()).toBe(100);
    // A part proves nothing of the whole.
    expect(await proof()).toMatchObject({ verdict: 'failed' });
  });

  it('R11: that is damaged fails its drill, which names the object', async () => {
    const [pack] = await Array.fromAsync(glob(join(folder.path, 'repository', 'projects', '*', 'packs', '*', '*')));
    const bytes = await readFile(pack!);
    bytes[Math.floor(bytes.length / 4)]! ^= 1;
    await writeFile(pack!, bytes);
    const { job_id } = await larder.call<{ job_id: string }>('POST', own('drills'), { backup_id: backupId });
    expect(await ended(job_id)).toMatchObject({ status: 'Failed', fail_reason: expect.stringMatching(/did not pass.*packs/) });
    expect(await proof()).toMatchObject({ verdict: 'failed' });
  });

  it('is not looked for where the request is none', async () => {
    const wrong = [
      {},
      { backup_id: backupId, instance_id: instanceId },
      { backup_id: backupId, assertions: [{ namespace: 'x' }] },
    ];
    for (const body of wrong) {
      const answer = await larder.send('POST', own('drills'), body);
      expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error_code: 'DBS.280001' })]);
    }
  });
});
