import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captureSingle } from '../../src/engine/capture/capture-single.ts';
import { putRecord, readRecords } from '../../src/engine/records.ts';
import { releaseLeftLocks } from '../../src/engine/write-locks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { lockServer } from '../../src/mongo/fsync-lock.ts';
import { serverRun } from '../../src/mongo/release-left-lock.ts';
import { probeDeployment } from '../../src/mongo/probe-deployment.ts';
import type { Standalone } from '../../src/provider/start-standalone.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUpSingle, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { openWorld, replicaSet } from '../fixtures/engine-world.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { documentsOfImage } from '../fixtures/raw-documents.ts';
import { isInPhase } from '../fixtures/is-in-phase.ts';
import { startTestServer } from '../fixtures/standalone.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';
import { startWorkload } from '../fixtures/workload.ts';

const signal = new AbortController().signal;

/** Processes of ours that hold a lock, or were to. */
async function lockHolders(parent: number): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
    const isHolder = /^\d+$/.test(name) && (await read('cmdline')).includes('fsync-lock-process');
    if (isHolder && (await read('status')).includes(`\nPPid:\t${parent}\n`)) found.push(name);
  }
  return found;
}

/** True while nobody can write. */
async function isLocked(client: MongoClient): Promise<boolean> {
  return (await client.db('admin').command({ currentOp: 1 }))['fsyncLock'] === true;
}

describe('a single server without an oplog', () => {
  let server: Standalone;
  let client: MongoClient;
  let repository: ProjectRepository;
  beforeAll(async () => {
    server = await startTestServer({ auth: true });
    client = new MongoClient(server.uri);
    repository = await testRepository();
  });
  afterAll(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
  });

  it('is examined: mode, version, its one node', async () => {
    expect(await probeDeployment(server.uri, signal)).toMatchObject({
      mode: 'Single',
      setName: null,
      nodes: [{ host: '127.0.0.1', port: server.server.port, role: 'Primary', healthy: true }],
    });
  });

  it('is backed up as a fuzzy copy that says so, and stores nothing twice', async () => {
    await makeZoo(client);
    const texts = Array.from({ length: 20_000 }, (_, n) => ({ n, text: randomBytes(60).toString('hex') }));
    await client.db('large').collection('texts').insertMany(texts);
    const before = await instanceState(client);
    const first = await backUpSingle(repository, server.uri, 'fuzzy');
    expect(first).toMatchObject({ consistency: 'none', baseBackupId: null, source: { setName: '' } });
    expect(first.notes.join()).toContain('not all at the same one');
    const second = await backUpSingle(repository, server.uri, 'again');
    expect(second.cost.blocksReused).toBeGreaterThan(0);
    expect(second.cost.bytesStored).toBeLessThan(first.cost.bytesStored / 10);
    expect(second.cost.documentsRead).toBe(first.cost.documentsRead);
    await client.db('zoo').collection('indexed').drop();
    await client
      .db('zoo')
      .collection('collated')
      .updateMany({}, { $set: { damaged: true } });
    await restoreTo(repository, server.uri, 'again', true);
    expect(await instanceState(client)).toEqual(before);
  });

  it('comes back on a replica set, and what a replica set had comes back on it', async () => {
    await using set = await startTestSet({ members: 1 });
    await using other = new MongoClient(set.uri);
    await restoreTo(repository, set.uri, 'again', false);
    expect((await instanceState(other))['zoo']).toEqual((await instanceState(client))['zoo']);
  });

  it('S1: a fuzzy scan under writers holds every document that nobody touched, and each _id once', async () => {
    const steady = Array.from({ length: 5000 }, (_, n) => ({ _id: `steady-${n}` as never, n }));
    await client.db('busy').collection('a').insertMany(steady);
    const workload = startWorkload({ client, db: 'busy', seed: 7, writers: 3, definitions: true, transactions: false });
    try {
      await until(() => workload.done() > 200, { what: '200 operations' });
      for (const name of ['under-writers-1', 'under-writers-2']) {
        const manifest = await backUpSingle(repository, server.uri, name);
        const image = manifest.collections.find(({ db, name: collection }) => db === 'busy' && collection === 'a')!;
        // Fails if an _id comes twice.
        const documents = await documentsOfImage(repository, image.layers);
        const found = [...documents.values()].filter((raw) => raw.includes(Buffer.from('steady-').toString('hex')));
        expect(found.length).toBe(steady.length);
      }
    } finally {
      await workload.stop();
      await client.db('busy').dropDatabase();
    }
  });

  it('is locked by choice: nobody writes meanwhile, the image is that of the moment, the lock is gone afterwards', async () => {
    const collection = client.db('shop').collection<{ _id: number; n: number }>('orders');
    await collection.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ _id: n, n: 0 })));
    let running = true;
    // One document after the other, in order: at every moment the values descend, and differ by one at most.
    const writer = (async () => {
      for (let round = 1; running; round++)
        for (let id = 0; running && id < 20_000; id += 1000) await collection.updateOne({ _id: id }, { $set: { n: round } });
    })();
    const manifest = await backUpSingle(repository, server.uri, 'locked', { lock: true });
    expect(await isLocked(client)).toBe(false);
    running = false;
    await writer;
    expect(manifest).toMatchObject({ consistency: 'locked', notes: [] });
    await using target = await startTestServer();
    await restoreTo(repository, target.uri, 'locked', false);
    await using restored = new MongoClient(target.uri);
    const values = await restored
      .db('shop')
      .collection('orders')
      .find({ _id: { $mod: [1000, 0] } as never }, { sort: { _id: 1 } })
      .map((document) => Number(document['n']))
      .toArray();
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(values[0]! - values.at(-1)!).toBeLessThanOrEqual(1);
  });

  it('H5: a failed and a cancelled backup leave no lock', async () => {
    const cancel = new AbortController();
    const task = {
      kind: 'capture',
      repository: { url: 'memory:', unlock: { kind: 'passphrase', passphrase: 'x' } },
      projectId: '0'.repeat(32),
      instance: { id: 'i', name: 'i', uri: server.uri, mode: 'Single' },
      backup: { id: 'cancelled', name: 'cancelled', description: '', type: 'Manual' },
      baseCandidates: [],
      lock: true,
    } as const;
    let wasLocked = false;
    const report = ({ phase }: { phase: string }): void => {
      if (!isInPhase(phase, 'scanning')) return;
      wasLocked = true;
      cancel.abort();
    };
    const cancelled = captureSingle(task, { signal: cancel.signal, report }, { repository, clock: systemClock });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(wasLocked).toBe(true);
    expect(await isLocked(client)).toBe(false);
    await expect(repository.readManifest('cancelled')).rejects.toMatchObject({ code: 'backup-not-found' });
  });

  it('H5: a lock ends by itself at its limit, and the backup that held it fails', async () => {
    await using lock = await lockServer(server.uri, signal, 300);
    const wasLocked = await isLocked(client);
    expect(wasLocked || lock.ended.aborted).toBe(true);
    await until(() => lock.ended.aborted, { what: 'the end of the lock' });
    expect(await isLocked(client)).toBe(false);
    expect(lock.ended.reason).toMatchObject({ code: 'capture-failed', message: expect.stringContaining('longest time') });
    await expect(lock.release()).rejects.toMatchObject({ code: 'capture-failed' });
  });

  it('H5: what is written down of a lock is released at a start, on the very run of the server that was locked', async () => {
    await using world = await openWorld();
    const caller = await world.newCaller();
    world.deployment = { ...replicaSet, mode: 'Single', setName: null };
    const { id } = await world.useCases.adoptInstance(caller, { name: 'single', uri: server.uri, lock: true });
    const run = await serverRun(server.uri, signal);
    const remember = (of: string): Promise<void> =>
      putRecord(world.repository, 'write-lock', id, { projectId: caller.projectId, run: of, since: '2026-01-01T00:00:00.000Z' });
    await client.db('admin').command({ fsync: 1, lock: true });
    await remember('an earlier run');
    await releaseLeftLocks(world.deps);
    expect(await isLocked(client), 'locked by somebody else since the server was restarted').toBe(true);
    expect(await readRecords(world.repository, 'write-lock')).toEqual([]);
    await remember(run);
    await releaseLeftLocks(world.deps);
    expect(await isLocked(client)).toBe(false);
    expect(await readRecords(world.repository, 'write-lock')).toEqual([]);
    await remember(run);
    await releaseLeftLocks(world.deps);
    expect(await readRecords(world.repository, 'write-lock'), 'and there need not be one').toEqual([]);
  });

  it('a lock that somebody else takes off is noticed: the image would not be what it says', async () => {
    await using lock = await lockServer(server.uri, signal);
    await client.db('admin').command({ fsyncUnlock: 1 });
    await expect(lock.release()).rejects.toMatchObject({ code: 'capture-failed', retryable: true });
  });

  it('a replica set is not locked, and a user who may not lock is told which privilege is missing', async () => {
    await using set = await startTestSet({ members: 1 });
    await expect(lockServer(set.uri, signal)).rejects.toMatchObject({ code: 'operation-illegal' });
    await client.db('admin').command({ createUser: 'reader', pwd: 'pw', roles: ['backup'] });
    const uri = server.uri.replace(/\/\/[^@]*@/, '//reader:pw@');
    await expect(lockServer(uri, signal)).rejects.toMatchObject({
      code: 'instance-unsupported',
      message: expect.stringMatching(/privilege.*fsync/),
    });
    await until(async () => (await lockHolders(process.pid)).length === 0, {
      what: 'the processes that were to hold the lock to end',
    });
  });
});
