import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';

describe('a restored instance', () => {
  const source = replicaSet({ members: 1, setName: 'source', auth: true });
  const other = replicaSet({ members: 1, setName: 'other' });
  let repository: ProjectRepository;
  let client: MongoClient;
  let before: Record<string, unknown>;

  beforeAll(async () => {
    repository = await testRepository();
    await using zoo = new MongoClient(source().uri);
    await makeZoo(zoo);
    before = await instanceState(zoo);
    await backUp(repository, source().uri, 'zoo', []);
  });
  beforeEach(() => {
    client = new MongoClient(source().uri);
  });
  afterEach(() => client.close());

  it('C1, C2, S11, S12, U1: has every option, index, view, user and document it had, after everything was damaged', async () => {
    const zoo = client.db('zoo');
    await zoo.collection('indexed').drop();
    await zoo.collection('capped').drop();
    await zoo.collection('series').drop();
    await zoo.collection('collated').updateMany({}, { $set: { damaged: true } });
    await zoo.collection('empty').rename('renamed');
    await zoo.collection('prepared').dropIndexes();
    await client.db('Zoo2').dropDatabase();
    await client.db('strange').collection('new').insertOne({ n: 1 });
    await client.db('admin').command({ dropUser: 'keeper' });
    await client.db('admin').command({ createUser: 'intruder', pwd: 'let me in', roles: ['root'] });
    const summary = await restoreTo(repository, source().uri, 'zoo', true);
    expect(summary.verified).toBe(true);
    expect(await instanceState(client)).toEqual(before);
    const keeper = new MongoClient(source().uri, { auth: { username: 'keeper', password: 'of the zoo' } });
    expect(await keeper.db('zoo').collection('indexed').countDocuments()).toBe(2000);
    await keeper.close();
  });

  it('U4: needs no more than the roles that the documentation lists', async () => {
    const roles = ['backup', 'clusterMonitor', 'restore', 'readWriteAnyDatabase', 'dbAdminAnyDatabase'];
    await client.db('admin').command({ createUser: 'larder', pwd: 'secret', roles });
    await client.db('zoo').collection('indexed').drop();
    const uri = source().uri.replace(/\/\/[^@]*@/, '//larder:secret@');
    const summary = await restoreTo(repository, uri, 'zoo', true);
    expect(summary.notes).toEqual([expect.stringContaining('locked out: the user admin.larder')]);
    await client.db('admin').command({ dropUser: 'larder' });
    expect(await instanceState(client)).toEqual(before);
  });

  it('R2: is refused on a target that holds data, and names what would be lost', async () => {
    await expect(restoreTo(repository, source().uri, 'zoo', false)).rejects.toMatchObject({
      code: 'target-not-empty',
      message: expect.stringMatching(/Zoo2|zoo/),
    });
    expect(await instanceState(client)).toEqual(before);
  });

  it('can be another, empty one', async () => {
    await restoreTo(repository, other().uri, 'zoo', false);
    await using target = new MongoClient(other().uri);
    const restored = await instanceState(target);
    expect(restored['zoo']).toEqual(before['zoo']);
    expect(restored['Zoo2']).toEqual(before['Zoo2']);
    const users = await target.db('admin').collection('system.users').find().toArray();
    expect(users.map(({ _id }) => String(_id))).toContain('admin.keeper');
  });

  it('keeps the indexes and options of a second backup after collections were dropped, renamed and indexed', async () => {
    const zoo = client.db('zoo');
    await zoo.collection('Case').drop();
    await zoo.collection('case').rename('Case', { dropTarget: true });
    await zoo.collection('indexed').dropIndex('unique');
    await zoo.command({ collMod: 'indexed', index: { name: 'hidden', hidden: false } });
    await zoo.collection('indexed').updateMany({ n: { $lt: 20 } }, { $set: { changed: true } });
    await zoo
      .collection('indexed')
      .aggregate([{ $limit: 30 }, { $out: 'result' }])
      .toArray();
    await zoo.collection('capped').insertOne({ n: 'newest' });
    await zoo.collection('series').insertOne({ t: new Date(1.7e12), m: 1, v: 1 });
    const second = await backUp(repository, source().uri, 'second', ['zoo']);
    expect(second.baseBackupId).toBe('zoo');
    const then = await instanceState(client);
    await client.db('zoo').dropDatabase();
    await restoreTo(repository, source().uri, 'second', true);
    expect(await instanceState(client)).toEqual(then);
    const capped = await zoo
      .collection('capped')
      .find({}, { sort: { $natural: 1 } })
      .toArray();
    expect(capped.at(-1)?.['n']).toBe('newest');
  });
});

describe('a damaged backup', () => {
  const set = replicaSet({ members: 1, setName: 'damaged' });

  it('R11: is refused, naming the damaged object, and the target keeps what it has', async () => {
    const store = createMemoryStore();
    const repository = await testRepository(store);
    await using client = new MongoClient(set().uri);
    const documents = Array.from({ length: 20_000 }, (_, n) => ({ n, text: randomBytes(40).toString('hex') }));
    await client.db('shop').collection('orders').insertMany(documents);
    await client.db('zebra').collection('last').insertOne({ n: 1 });
    await backUp(repository, set().uri, 'whole', []);
    const packs: string[] = [];
    for await (const { key } of store.list('')) if (key.includes('/packs/')) packs.push(key);
    const pack = packs.at(-1)!;
    const bytes = Buffer.from(await store.get(pack));
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await store.put(pack, bytes);
    await client
      .db('shop')
      .collection('orders')
      .deleteMany({ n: { $lt: 5 } });
    const before = await instanceState(client);
    await expect(restoreTo(repository, set().uri, 'whole', true)).rejects.toMatchObject({
      code: 'object-corrupt',
      details: expect.objectContaining({ object: pack }),
    });
    expect(await instanceState(client)).toEqual(before);
  });

  it('R11: whose store is lost in the middle leaves the target as it was; with the store back the same restore goes on', async () => {
    const store = createMemoryStore();
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection('orders');
    // More than a block can hold, wherever blocks are cut: there is always something left to be lost.
    const pieces = Array.from({ length: 6 }, () => ({ bytes: randomBytes(1024 * 1024) }));
    await client.db('shop').collection('pieces').insertMany(pieces);
    const before = await instanceState(client);
    await backUp(await testRepository(store), set().uri, 'lost', []);
    await orders.deleteMany({ n: { $lt: 7 } });
    const damaged = await instanceState(client);
    const loss = {
      method: 'getRange',
      keyIncludes: '/packs/',
      effect: { kind: 'fail', retryable: true },
      after: 1,
      times: 1000,
    } as const;
    const losing = await testRepository(createFaultyStore(store, [loss]));
    await expect(restoreTo(losing, set().uri, 'lost', true, { restoreId: 'one' })).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: true,
    });
    const left = await client
      .db('shop')
      .listCollections({ name: /^larder\./ })
      .toArray();
    expect(left).not.toEqual([]);
    expect(await orders.countDocuments()).toBeLessThan(20_000);
    expect(await restoreTo(await testRepository(store), set().uri, 'lost', true, { restoreId: 'one' })).toMatchObject({
      verified: true,
    });
    expect(await instanceState(client)).toEqual(before);
    expect(damaged).not.toEqual(before);
  });
});
