import { setTimeout as delay } from 'node:timers/promises';
import { deserialize } from 'bson';
import { MongoClient, type ClientSession, type Document, type UUID } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareClusterTime, type Manifest } from '../../src/core/image.ts';
import { fromTimestamp } from '../../src/mongo/cluster-time.ts';
import { oldestOpenTransaction } from '../../src/mongo/open-transactions.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { holdIndexBuilds } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { documentsOfImage } from '../fixtures/raw-documents.ts';
import { isInPhase } from '../fixtures/is-in-phase.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

/** The `_id`s, all strings, that the backup holds of a collection. */
async function idsOf(repository: ProjectRepository, manifest: Manifest, name: string): Promise<readonly string[]> {
  const image = manifest.collections.find((collection) => `${collection.db}.${collection.name}` === name);
  if (image === undefined) throw new Error(`the backup does not hold ${name}`);
  const ids = await documentsOfImage(repository, image.layers);
  return [...ids.keys()].map((id) => Buffer.from(id, 'latin1').toString('utf8', 5, id.length - 1)).toSorted();
}

describe('a backup beside', () => {
  const set = replicaSet({
    members: 1,
    extraArguments: [
      '--setParameter',
      'maxNumberOfTransactionOperationsInSingleOplogEntry=2',
      '--setParameter',
      'enableTestCommands=1',
      '--setParameter',
      'ttlMonitorSleepSecs=1',
      // However long a backup takes that a transaction lies across.
      '--setParameter',
      'transactionLifetimeLimitSeconds=600',
    ],
  });
  const target = replicaSet({ members: 1, setName: 'target' });
  let client: MongoClient;
  let other: MongoClient;
  beforeAll(() => {
    client = new MongoClient(set().uri);
    other = new MongoClient(target().uri);
  });
  afterAll(async () => {
    await client.close();
    await other.close();
  });

  const strings = (db: string, name: string) => client.db(db).collection<{ _id: string; n?: number }>(name);

  async function insideTransaction(name: string, ids: readonly string[]): Promise<ClientSession> {
    const session = client.startSession();
    session.startTransaction();
    for (const _id of ids) await strings('t', name).insertOne({ _id }, { session });
    return session;
  }

  it('E11, C1: an index that is being built at T is not in the backup; built or given up afterwards, the next one knows', async () => {
    const repository = await testRepository();
    const db = client.db('building');
    await db.collection('c').insertMany(Array.from({ length: 500 }, (_, n) => ({ _id: n as never, kept: n, dropped: n })));
    const specified = async (): Promise<readonly string[]> => {
      const { cursor } = await db.command({ listIndexes: 'c', includeBuildUUIDs: true });
      return (cursor.firstBatch as Document[]).map(({ name, spec }) => String(name ?? spec.name));
    };
    const indexesOf = (manifest: Manifest): readonly string[] =>
      manifest.collections
        .find(({ db: of, name }) => of === 'building' && name === 'c')!
        .indexes.map((raw) => String(deserialize(Buffer.from(raw, 'base64'))['name']));
    const builds: Promise<unknown>[] = [];
    {
      await using _hold = await holdIndexBuilds(client);
      for (const field of ['kept', 'dropped'])
        builds.push(db.command({ createIndexes: 'c', indexes: [{ key: { [field]: 1 }, name: field }] }).catch(() => 'given up'));
      await until(async () => (await specified()).length === 3, { what: 'both indexes to be under way' });
      const during = await backUp(repository, set().uri, 'during', []);
      expect(indexesOf(during)).toEqual(['_id_']);
      await db.collection('c').updateOne({ kept: 7 }, { $set: { dropped: -1 } });
      const still = await backUp(repository, set().uri, 'still', ['during']);
      expect(indexesOf(still)).toEqual(['_id_']);
      expect(still.baseBackupId).toBe('during');
      await compareWithSource(client, repository, still);
    }
    await Promise.all(builds);
    await db.command({ dropIndexes: 'c', index: 'dropped' });
    const after = await backUp(repository, set().uri, 'after', ['still']);
    expect(indexesOf(after).toSorted()).toEqual(['_id_', 'kept']);
    await restoreTo(repository, target().uri, 'still', true);
    expect((await other.db('building').collection('c').indexes()).map(({ name }) => name)).toEqual(['_id_']);
    for (const of of [db, other.db('building')]) await of.dropDatabase();
  });

  it('O1, E6, E7: transactions open across its start, across two backups, and aborted', async () => {
    const repository = await testRepository();
    await strings('t', 'c').insertOne({ _id: 'there' });
    const across = await insideTransaction('c', ['a1', 'a2', 'a3', 'a4', 'a5']);
    const never = await insideTransaction('c', ['n1', 'n2', 'n3']);
    const middle: Promise<void>[] = [];
    const during = await insideTransaction('c', ['d1', 'd2', 'd3']);
    const first = await backUp(repository, set().uri, 'first', [], ({ phase }) => {
      if (isInPhase(phase, 'scanning') && middle.length === 0) middle.push(during.commitTransaction());
    });
    expect(middle, 'the planned commit').toHaveLength(1);
    await Promise.all(middle);
    await across.commitTransaction();
    await never.abortTransaction();
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    // Whole or not at all, whichever side of the cluster time the commit fell.
    expect([1, 4]).toContain((await idsOf(repository, first, 't.c')).length);
    expect(await idsOf(repository, second, 't.c')).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'd1', 'd2', 'd3', 'there']);
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);
    for (const session of [across, never, during]) await session.endSession();
  });

  it('E8, O1: prepared transactions, one committed and one aborted after it began; the image says from where a replay needs the oplog', async () => {
    const repository = await testRepository();
    await strings('t', 'p').insertOne({ _id: 'there' });
    const committed = await insideTransaction('p', ['c1', 'c2', 'c3']);
    const aborted = await insideTransaction('p', ['x1', 'x2', 'x3']);
    const prepare = (session: ClientSession): Promise<Document> =>
      client.db('admin').command({ prepareTransaction: 1, writeConcern: { w: 'majority' } }, { session });
    const { prepareTimestamp } = await prepare(committed);
    await prepare(aborted);
    // Three writes are two entries here: the prepare is the second.
    const oldest = await oldestOpenTransaction(client, AbortSignal.timeout(120_000));
    expect(compareClusterTime(oldest!, fromTimestamp(prepareTimestamp))).toBeLessThan(0);
    const finish = async (): Promise<void> => {
      const commit = { commitTransaction: 1, commitTimestamp: prepareTimestamp, writeConcern: { w: 'majority' } };
      await client.db('admin').command(commit, { session: committed });
      await aborted.abortTransaction();
    };
    const finished: Promise<void>[] = [];
    await backUp(repository, set().uri, 'first', [], ({ phase }) => {
      if (isInPhase(phase, 'scanning') && finished.length === 0) finished.push(finish());
    });
    expect(finished, 'the planned commit').toHaveLength(1);
    await Promise.all(finished);
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    expect(second.oplogAfter).toEqual(second.clusterTime);
    expect(await idsOf(repository, second, 't.p')).toEqual(['c1', 'c2', 'c3', 'there']);
    await Promise.all([committed.endSession(), aborted.endSession()]);
  });

  it('E5, E9, S1: applyOps of users, retried inserts, deletes with re-insert, and documents that expire', async () => {
    const repository = await testRepository();
    await strings('t', 'o').insertMany(['a', 'b', 'c'].map((_id) => ({ _id })));
    await client.db('t').collection('ttl').createIndex({ at: 1 }, { expireAfterSeconds: 0 });
    await client
      .db('t')
      .collection('ttl')
      .insertOne({ at: new Date(Date.UTC(2200, 0)) });
    await backUp(repository, set().uri, 'first', []);
    const ops = [
      { op: 'i', ns: 't.o', o: { _id: 'applied' } },
      { op: 'd', ns: 't.o', o: { _id: 'a' } },
      { op: 'c', ns: 't.$cmd', o: { create: 'made' } },
    ];
    await client.db('admin').command({ applyOps: ops });
    await strings('t', 'o').insertMany([{ _id: 'r1' }, { _id: 'r2' }, { _id: 'r3' }]);
    await strings('t', 'o').deleteOne({ _id: 'b' });
    await strings('t', 'o').insertOne({ _id: 'b', n: 2 });
    const expiring = Array.from({ length: 20 }, () => ({ at: new Date(0) }));
    await client.db('t').collection('ttl').insertMany(expiring);
    await until(async () => (await client.db('t').collection('ttl').countDocuments()) === 1, {
      what: 'the documents past their time to expire',
    });
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(await idsOf(repository, second, 't.o')).toEqual(['applied', 'b', 'c', 'r1', 'r2', 'r3']);
    expect(second.collections.find(({ db, name }) => db === 't' && name === 'ttl')).toMatchObject({ documents: 1 });
    expect(second.collections.map(({ name }) => name)).toContain('made');
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(1);
  });

  it('E11, E12, E13, E14, E15, E17, E18, S3: every change of definitions since the backup before', async () => {
    const db = client.db('ddl');
    const fill = (name: string): Promise<unknown> =>
      db.collection(name).insertMany(Array.from({ length: 300 }, (_, n) => ({ n })));
    for (const name of [
      'drop',
      'again',
      'renamed',
      'over',
      'under',
      'away',
      'capping',
      'mod',
      'built',
      'out',
      'merged',
      'hashed',
    ])
      await fill(name);
    await db.collection('mod').createIndex({ n: 1 }, { name: 'n' });
    await db.createCollection('series', { timeseries: { timeField: 't', metaField: 'm' } });
    await db.collection('series').insertMany([1, 2, 3].map((m) => ({ t: new Date(m * 1000), m })));
    await db.createCollection('view', { viewOn: 'mod', pipeline: [] });
    await db.createCollection('view of view', { viewOn: 'view', pipeline: [{ $match: { n: 1 } }] });
    await db.createCollection('ring', { capped: true, size: 4096, max: 10 });
    await client.db('gone').collection('c').insertOne({ n: 1 });
    const repository = await testRepository();
    await backUp(repository, set().uri, 'first', []);

    await db.collection('drop').drop();
    await db.collection('again').drop();
    await db.collection('again').insertOne({ fresh: true });
    await db.collection('renamed').rename('renamed since');
    await db.collection('over').rename('under', { dropTarget: true });
    await client.db('admin').command({ renameCollection: 'ddl.away', to: 'elsewhere.came' });
    await db.command({ convertToCapped: 'capping', size: 1 << 20 });
    await db.command({ collMod: 'mod', validator: { n: { $gte: 0 } }, index: { name: 'n', hidden: true } });
    await db.collection('built').createIndexes([{ key: { n: 1 }, unique: true }, { key: { z: 1 } }]);
    await db.collection('built').dropIndex('z_1');
    await db.collection('hashed').insertMany([{ n: 0 }, { n: 0 }]);
    await expect(db.collection('hashed').createIndex({ n: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
    await db
      .collection('mod')
      .aggregate([{ $match: { n: { $lt: 9 } } }, { $out: 'out' }])
      .toArray();
    await db
      .collection('mod')
      .aggregate([{ $set: { more: 1 } }, { $merge: 'merged' }])
      .toArray();
    await db.collection('series').insertMany([1, 4].map((m) => ({ t: new Date(m * 2000), m })));
    await db.command({ collMod: 'view', viewOn: 'built', pipeline: [] });
    await db.command({ create: 'later', clusteredIndex: { key: { _id: 1 }, unique: true } });
    await db.collection('later').insertOne({ n: 1 });
    for (let n = 0; n < 25; n++) await db.collection('ring').insertOne({ n });
    await client.db('gone').dropDatabase();

    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    await restoreTo(repository, target().uri, 'second', false);
    const [found, wanted] = await Promise.all([instanceState(other), instanceState(client)]);
    expect(Object.keys(found)).not.toContain('gone');
    for (const name of ['ddl', 'elsewhere', 't']) expect(found[name], name).toEqual(wanted[name]);
    await db.dropDatabase();
  });

  it('D5, O6, S14: an _id that its collation takes for the same, and nothing at all, since the backup before', async () => {
    const db = client.db('quiet');
    const repository = await testRepository();
    await db.createCollection('c', { collation: { locale: 'en', strength: 2 } });
    await strings('quiet', 'c').insertMany(['a', 'b', 'c'].map((_id) => ({ _id })));
    await backUp(repository, set().uri, 'first', []);
    await strings('quiet', 'c').deleteOne({ _id: 'a' });
    await strings('quiet', 'c').insertOne({ _id: 'A' });
    await strings('quiet', 'c').updateOne({ _id: 'B' }, { $set: { n: 1 } });
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(await idsOf(repository, second, 'quiet.c')).toEqual(['A', 'b', 'c']);
    const third = await backUp(repository, set().uri, 'third', ['second']);
    expect(third).toMatchObject({ baseBackupId: 'second', cost: { documentsRead: 0, blocksStored: 0 } });
    for (const manifest of [second, third]) {
      expect(manifest.collections.find((image) => image.db === 'quiet')).toMatchObject({ documents: 3, documentsExact: true });
      expect(await compareWithSource(client, repository, manifest)).toBeGreaterThan(0);
    }
    await db.dropDatabase();
  });

  it('E13, S3: $out every 50 ms and renames in a loop neither starve nor spoil it', async () => {
    const db = client.db('storm');
    const repository = await testRepository();
    await db.collection('source').insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    await db
      .collection('source')
      .aggregate([{ $out: 'out' }])
      .toArray();
    await db.collection('swing').insertMany(Array.from({ length: 500 }, (_, n) => ({ n })));
    // A catalog that takes longer to read than two changes of it lie apart.
    const idle = Array.from({ length: 150 }, (_, n) => `idle${n}`);
    for (const each of idle) await db.createCollection(each);
    const stop = new AbortController();
    let storms = 0;
    const loop = async (act: () => Promise<unknown>): Promise<void> => {
      for (; !stop.signal.aborted; storms++) {
        await act();
        await delay(50);
      }
    };
    let name = 'swing';
    const loops = [
      loop(() =>
        db
          .collection('source')
          .aggregate([{ $out: 'out' }])
          .toArray(),
      ),
      loop(() => db.collection(name).rename((name = name === 'swing' ? 'swung' : 'swing'))),
    ];
    try {
      let base: string[] = [];
      for (const id of ['first', 'second', 'third']) {
        await until(() => storms > 10, { what: 'ten changes of the catalog' });
        const manifest = await backUp(repository, set().uri, id, base);
        base = [id];
        const images = manifest.collections.filter((image) => image.db === 'storm');
        const busy = images.filter((image) => !image.name.startsWith('idle'));
        expect(images.length - busy.length).toBe(idle.length);
        expect(
          busy
            .map((image) => image.name)
            .toSorted()
            .join(' '),
        ).toMatch(/^out source (swing|swung)$/);
        for (const image of busy) expect((await documentsOfImage(repository, image.layers)).size, image.name).toBe(500);
        expect(await compareWithSource(client, repository, manifest)).toBeGreaterThan(0);
      }
    } finally {
      stop.abort();
      await Promise.all(loops);
      await db.dropDatabase();
    }
  });

  it('S6: a capped collection under constant writes is as it was at one time, in its order', async () => {
    const db = client.db('ring');
    const repository = await testRepository();
    await db.createCollection('ring', { capped: true, size: 1 << 20, max: 200 });
    const ring = db.collection<{ _id: number }>('ring');
    const stop = new AbortController();
    let written = 0;
    const writer = (async () => {
      while (!stop.signal.aborted) await ring.insertOne({ _id: written++ });
    })();
    try {
      await until(() => written > 400, { what: '400 writes' });
      const manifest = await backUp(repository, set().uri, 'first', []);
      const image = manifest.collections.find((each) => each.db === 'ring')!;
      const raw = [...(await documentsOfImage(repository, image.layers)).keys()];
      const ids = raw.map((id) => Buffer.from(id, 'latin1').readInt32LE(1));
      // Consecutive, oldest first: nothing is missing in the middle and nothing comes twice.
      expect(ids).toEqual(ids.map((_, n) => ids[0]! + n));
      expect(ids.length).toBe(200);
      expect(image.uuid).toBe(
        ((await db.listCollections().toArray())[0] as { info?: { uuid: UUID } }).info!.uuid.toHexString(false),
      );
    } finally {
      stop.abort();
      await writer;
      await db.dropDatabase();
    }
  });
});
