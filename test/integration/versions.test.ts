import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/lib/free-port.ts';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { probeDeployment } from '../../src/mongo/probe-deployment.ts';
import { RawInserter } from '../../src/mongo/raw-insert.ts';
import { readRaw } from '../../src/mongo/raw-cursor.ts';
import { readsAtClusterTime } from '../../src/mongo/supported-versions.ts';
import { fetchMongod } from '../../src/provider/fetch-mongod.ts';
import type { MongodBinary } from '../../src/provider/mongod-binary.ts';
import type { ReplicaSet } from '../../src/provider/start-replica-set.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, backUpSingle, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { consultPointOracle } from '../fixtures/point-oracle.ts';
import { oddDocuments, oddIds } from '../fixtures/odd-documents.ts';
import { documentsAt, documentsById, documentsOfImage } from '../fixtures/raw-documents.ts';
import { startReplay } from '../fixtures/replay-oplog.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { startTestServer } from '../fixtures/standalone.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';
import { startWorkload } from '../fixtures/workload.ts';

const signal = new AbortController().signal;
/** Names that a 4.4 refuses, and what its secondaries replace by the time while its primary does not (pitfalls D2, D3). */
const notOn44 = new Set(['dotted and dollar names', 'top-level empty timestamp']);

function mongodOf(version: string): Promise<MongodBinary> {
  return fetchMongod(version, { env: process.env, signal: AbortSignal.timeout(300_000), log: () => undefined });
}

describe.each(['4.4.2', '5.0.32', '6.0.27'])('MongoDB %s', (version) => {
  const snapshots = readsAtClusterTime(version);
  let mongod: MongodBinary;
  let set: ReplicaSet;
  let client: MongoClient;
  let repository: ProjectRepository;

  beforeAll(async () => {
    mongod = await mongodOf(version);
    // The judge reads at times that lie further back than the few seconds an old server keeps by itself.
    const history = snapshots ? 'minSnapshotHistoryWindowInSeconds' : 'maxTargetSnapshotHistoryWindowInSeconds';
    const judge = ['--setParameter', `${history}=300`];
    const chains = ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'];
    set = await startTestSet({ mongod, members: 2, extraArguments: [...judge, ...chains] });
    client = new MongoClient(set.uri);
    repository = await testRepository();
  });
  afterAll(async () => {
    await client.close();
    await set[Symbol.asyncDispose]();
  });

  it('is accepted', async () => {
    expect(await probeDeployment(set.uri, signal)).toMatchObject({ mode: 'ReplicaSet', serverVersion: version });
  });

  it.each(snapshots ? [2] : [1])(
    'S5: an image taken under writers is the state at its cluster time, byte for byte (seed %i)',
    async (seed) => {
      const db = `busy${seed}`;
      // The second judge begins while nothing of this is there.
      await using judge = await startTestServer({ mongod });
      await using judged = new MongoClient(judge.uri);
      const replay = startReplay({
        source: client,
        target: judged,
        databases: [db],
        after: await majorityOpTime(client, signal),
      });
      const workload = startWorkload({ client, db, seed, writers: 3, definitions: snapshots && seed % 2 === 0 });
      const taken: string[] = [];
      let compared = 0;
      try {
        for (let n = 0; n < 3; n++) {
          if (n > 0) await redefine(client, db, n);
          const enough = workload.done() + 200;
          await until(() => workload.done() > enough, { what: '200 more operations' });
          const manifest = await backUp(repository, set.uri, `${db}-${n}`, taken);
          expect(manifest).toMatchObject({ consistency: 'snapshot', baseBackupId: taken[0] ?? null });
          taken.unshift(manifest.backupId);
          for (const image of manifest.collections) {
            if (image.capped || image.db !== db) continue;
            const wanted = await documentsAt(client, image.db, image.uuid, manifest.clusterTime, !snapshots).catch(() => null);
            // Dropped since.
            if (wanted === null) continue;
            expect(await documentsOfImage(repository, image.layers), `${image.db}.${image.name}`).toEqual(wanted);
            compared++;
          }
        }
      } finally {
        await workload.stop();
      }
      expect(compared).toBeGreaterThanOrEqual(6);
      for (const id of taken.toReversed()) {
        const { clusterTime, collections } = await repository.readManifest(id);
        await replay.to(clusterTime);
        const images = collections.filter((image) => image.db === db);
        const there = (await judged.db(db).listCollections().toArray()) as { name: string; options?: { temp?: boolean } }[];
        const names = there.filter(({ options }) => options?.temp !== true).map(({ name }) => name);
        expect(new Set(images.map(({ name }) => name)), `collections in ${id}`).toEqual(new Set(names));
        for (const { name, layers } of images) {
          const wanted = await documentsById(readRaw(judged.db(db), { find: name }, { signal }));
          expect(await documentsOfImage(repository, layers), `${name} in ${id}, by the second judge`).toEqual(wanted);
        }
      }
      const last = await backUp(repository, set.uri, `${db}-quiet`, taken);
      const before = await instanceState(client);
      await restoreTo(repository, set.uri, last.backupId, true);
      expect(await instanceState(client), 'once the writers have stopped, what was backed up is what there is').toEqual(before);
      await client.db(db).dropDatabase();
    },
  );

  it('R8, R9: points noted while clients write and define come back out of backup and archive, byte for byte', async () => {
    const oracle = { source: set.uri, target: set.uri, seeds: [3], rounds: 1, operations: 40, version };
    const { points, compared } = await consultPointOracle(oracle);
    expect(points).toBe(2);
    expect(compared).toBeGreaterThan(2);
  });

  it('U1: users that are written while a backup is taken are those of its time', async () => {
    await backUp(repository, set.uri, 'without', []);
    await client.db('admin').command({ createUser: 'late', pwd: 'pw', roles: ['read'], writeConcern: { w: 'majority' } });
    const manifest = await backUp(repository, set.uri, 'with', ['without']);
    expect(manifest.baseBackupId).toBe('without');
    const users = manifest.collections.find(({ db, name }) => db === 'admin' && name === 'system.users')!;
    const documents = await documentsOfImage(repository, users.layers);
    expect([...documents.values()].filter((raw) => raw.includes(Buffer.from('admin.late').toString('hex'))).length).toBe(1);
    await client.db('admin').command({ dropUser: 'late' });
  });

  it('D1, D2, D4: documents and _ids of every kind that the server takes come back byte for byte', async () => {
    const insert = new RawInserter(client.db('odd'), signal);
    const kept = [...oddDocuments()].filter(([what]) => snapshots || !notOn44.has(what));
    for (const [, raw] of kept) await insert.insert('contents', batchOfDocuments([raw]), { ordered: true });
    for (const raw of oddIds()) await insert.insert('ids', batchOfDocuments([raw]), { ordered: true });
    await backUp(repository, set.uri, 'odd-scanned', []);
    await client
      .db('odd')
      .collection('ids')
      .updateMany({}, { $set: { touched: 1 } });
    const read = async (name: string) => documentsById(readRaw(client.db('odd'), { find: name }, { signal }));
    const before = [await read('contents'), await read('ids')];
    expect(before[0]!.size).toBe(kept.length);
    await backUp(repository, set.uri, 'odd-touched', ['odd-scanned']);
    await restoreTo(repository, set.uri, 'odd-touched', true);
    expect([await read('contents'), await read('ids')]).toEqual(before);
    await client.db('odd').dropDatabase();
  });

  it('D3: of an empty timestamp that secondaries replace by the time the restore tells where it is', async () => {
    await using single = await startTestServer({ mongod });
    await using other = new MongoClient(single.uri);
    const [, raw] = [...oddDocuments()].find(([what]) => what === 'top-level empty timestamp')!;
    await new RawInserter(other.db('empty'), signal).insert('stamps', batchOfDocuments([raw]), { ordered: true });
    await other.db('empty').collection('without').insertOne({ n: 1 });
    await backUpSingle(repository, single.uri, 'stamps');
    const stamps = /^empty\.stamps: a document has an empty timestamp/;
    expect((await restoreTo(repository, set.uri, 'stamps', true)).notes).toEqual(
      snapshots ? [] : [expect.stringMatching(stamps)],
    );
    const onAll = { readPreference: 'secondary', readConcern: { level: 'majority' } } as const;
    const [held] = await client.db('empty').collection('stamps', onAll).find({}, { raw: true }).toArray();
    expect(Buffer.from(held as unknown as Buffer).equals(raw), 'what a secondary holds is what was backed up').toBe(snapshots);
    // It has no secondaries.
    expect((await restoreTo(repository, single.uri, 'stamps', true)).notes).toEqual([]);
    await client.db('empty').dropDatabase();
  });

  it('C1, C2: options, indexes, views and users come back, on the set and on a single server of the version', async () => {
    await makeZoo(client, version);
    const before = await instanceState(client);
    await backUp(repository, set.uri, 'zoo', []);
    await client.db('zoo').dropDatabase();
    await restoreTo(repository, set.uri, 'zoo', true);
    expect(await instanceState(client)).toEqual(before);
    await using single = await startTestServer({ mongod });
    await restoreTo(repository, single.uri, 'zoo', false);
    await using restored = new MongoClient(single.uri);
    expect((await instanceState(restored))['zoo']).toEqual(before['zoo']);
  });
});

/** What changes a catalog between two backups. */
async function redefine(client: MongoClient, name: string, n: number): Promise<void> {
  const db = client.db(name);
  await db.collection(`made-${n}`).insertMany([{ n: 1 }, { n: 2 }]);
  await db.collection('a').rename('moved', { dropTarget: true });
  await db.collection('b').createIndex({ [`i${n}`]: 1 });
  await db
    .collection('b')
    .aggregate([{ $limit: 50 }, { $out: 'out' }])
    .toArray();
}

function canConnect(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  return once(socket, 'connect')
    .then(() => true)
    .catch(() => false)
    .finally(() => socket.destroy());
}

it('MongoDB 4.2 is refused with the reason', async () => {
  const { path, libraryFolder = '' } = await mongodOf('4.2.6');
  await using folder = await temporaryFolder();
  const port = await freePort();
  const own = ['--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', '--dbpath', folder.path];
  const server = spawn(path, own, { stdio: 'ignore', env: { LD_LIBRARY_PATH: libraryFolder } });
  const ended = once(server, 'exit');
  try {
    await until(() => canConnect(port), { what: 'the old server to listen' });
    await expect(probeDeployment(`mongodb://127.0.0.1:${port}/`, signal)).rejects.toMatchObject({
      code: 'instance-unsupported',
      message: expect.stringContaining('4.4.2'),
    });
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
});

it('R9: a backup of a newer server is refused by an older one, before anything there is touched', async () => {
  const repository = await testRepository();
  await using newer = await startTestSet({ mongod: await mongodOf('6.0.27'), members: 1 });
  await using older = await startTestSet({ mongod: await mongodOf('4.4.2'), members: 1 });
  await using client = new MongoClient(older.uri);
  await client.db('shop').collection('orders').insertOne({ n: 1 });
  const before = await instanceState(client);
  await backUp(repository, newer.uri, 'newer', []);
  await expect(restoreTo(repository, older.uri, 'newer', true)).rejects.toMatchObject({ code: 'unsupported-operation' });
  expect(await instanceState(client)).toEqual(before);
});
