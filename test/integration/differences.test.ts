import { MongoClient, type Db, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stagingPrefix } from '../../src/core/restore-names.ts';
import type { RestoreSelection } from '../../src/core/restore-selection.ts';
import { describeCollection } from '../../src/mongo/describe-collection.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import type { OplogArchive, OplogReader, ProjectRepository } from '../../src/repository/port.ts';
import { archiveOplog, pointInTime } from '../fixtures/archive-oplog.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { holdDrops, holdable, type Hold } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

const never = new AbortController().signal;

/** Somebody, or a fault, changes what a restore is just building. */
type Alteration = (db: Db, built: string) => Promise<unknown>;

/** The object with some of its methods replaced. */
function instead<T extends object>(whole: T, replaced: Partial<T>): T {
  return new Proxy(whole, {
    get: (target, key) => {
      if (key in replaced) return replaced[key as keyof T];
      const value = target[key as keyof T] as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('a restore that finds something else than what it brought', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });
  const shop: RestoreSelection = { databases: [{ name: 'shop', newName: null }], collections: [], users: false };
  let repository: ProjectRepository;
  let client: MongoClient;
  let db: Db;
  let before: Document;

  beforeAll(async () => {
    repository = await testRepository();
    client = new MongoClient(set().uri);
    db = client.db('shop');
    await db.collection('orders').insertMany(Array.from({ length: 50 }, (_, n) => ({ n })));
    await db.collection('orders').createIndex({ n: 1 });
    await db.createCollection('log', { capped: true, size: 100_000 });
    await db.collection('log').insertMany([{ n: 1 }, { n: 2 }]);
    await backUp(repository, set().uri, 'shop', []);
    await db.collection('orders').insertOne({ n: 'later' });
    await db.collection('log').insertOne({ n: 3 });
    before = await instanceState(client);
  });
  afterAll(() => client.close());

  /** The collection that stands beside `orders`, or `log`, and will take its place; null if there is none. */
  async function builtFor(name: string): Promise<string | null> {
    const beside = await db
      .listCollections({ name: new RegExp(`^${stagingPrefix.replaceAll('.', '\\.')}`) }, { nameOnly: false })
      .toArray();
    return beside.find(({ options }) => (options?.capped === true) === (name === 'log'))?.name ?? null;
  }

  /** Alters the collection when all its documents are there and nothing is compared yet. */
  function altering(name: string, documents: number, alter: Alteration): ProjectRepository {
    return instead(repository, {
      readImage: async function* (layers, options) {
        let seen = 0;
        for await (const batch of repository.readImage(layers, options)) {
          seen += batch.count;
          yield batch;
        }
        if (seen !== documents) return;
        const built = await until(() => builtFor(name), { what: `a collection beside ${name}` });
        const all = async (): Promise<boolean> => (await db.collection(built).countDocuments()) === documents;
        await until(all, { what: `the documents of ${name}` });
        await alter(db, built);
      },
    });
  }

  const validator = { validator: { n: { $exists: true } } };
  it.each<readonly [string, 'orders' | 'log', RegExp, Alteration]>([
    ['a document', 'orders', /contents differ/, (on, built) => on.collection(built).updateOne({ n: 7 }, { $set: { n: 8 } })],
    ['a document less', 'orders', /49 documents were read back, 50/, (on, built) => on.collection(built).deleteOne({ n: 7 })],
    ['a document more', 'orders', /51 documents were read back, 50/, (on, built) => on.collection(built).insertOne({ n: 7 })],
    [
      'another order',
      'log',
      /contents or order differ/,
      async (on, built) => {
        const first = (await on.collection(built).findOneAndDelete({ n: 1 }))!;
        await on.collection(built).insertOne(first);
      },
    ],
    ['an option', 'orders', /its options differ/, (on, built) => on.command({ collMod: built, ...validator })],
    ['an index', 'orders', /an index m_1 that is not in the backup/, (on, built) => on.collection(built).createIndex({ m: 1 })],
  ])('%s: fails, names the collection, and leaves the target as it was', async (_, name, message, alter) => {
    const altered = altering(name, name === 'log' ? 2 : 50, alter);
    await expect(restoreTo(altered, set().uri, 'shop', true, { selection: shop })).rejects.toMatchObject({
      code: 'image-mismatch',
      retryable: false,
      message: expect.stringMatching(message),
      details: { namespace: `shop.${name}` },
    });
    expect(await instanceState(client)).toEqual(before);
  });

  it('counts after a replay, and fails where a document is missing that nothing took away', async () => {
    const base = await backUp(repository, set().uri, 'base', []);
    await db.collection('orders').insertMany([{ n: 'new' }, { n: 'newer' }]);
    before = await instanceState(client);
    const point = await majorityOpTime(client, never);
    await archiveOplog(repository, client);
    let taken = 0;
    const entries = (reader: OplogReader): OplogReader =>
      instead(reader, {
        entries: async function* (...asked) {
          const built = await builtFor('orders');
          if (built !== null) taken += (await db.collection(built).deleteOne({ n: 7 })).deletedCount;
          yield* reader.entries(...asked);
        },
      });
    const opening = (archive: OplogArchive): OplogArchive =>
      instead(archive, { open: async (...asked) => entries(await archive.open(...asked)) });
    const altered = instead(repository, { oplog: (...asked) => opening(repository.oplog(...asked)) });
    const options = { selection: shop, pointInTime: pointInTime(point, [base]) };
    await expect(restoreTo(altered, set().uri, 'base', true, options)).rejects.toMatchObject({
      code: 'image-mismatch',
      message: expect.stringMatching(
        /shop\.orders does not hold what backup and oplog say: 52 documents were counted, 53 belong/,
      ),
      details: { namespace: 'shop.orders' },
    });
    expect(taken).toBe(1);
    expect(await instanceState(client)).toEqual(before);
  });

  it('a definition that is changed when everything is in its place: fails and says that restoring again puts it right', async () => {
    // What the backup does not have is dropped after the renames.
    await db.createCollection('extra');
    const old = await describeCollection(db, 'orders', never);
    let drops: Hold | null = null;
    let begun = 0;
    const holding = instead(repository, {
      readImage: async function* (...asked) {
        // By now the restore has dropped whatever could be in the way of what it builds.
        if (++begun === 2) drops = await holdDrops(client);
        yield* repository.readImage(...asked);
      },
    });
    const restoring = restoreTo(holding, set().uri, 'shop', true, { selection: shop });
    const failure = restoring.catch((error: unknown) => error);
    await until(async () => (await describeCollection(db, 'orders', never))?.uuid !== old?.uuid, { what: 'the rename' });
    await db.command({ collMod: 'orders', ...validator });
    await drops!.release();
    expect(await failure).toMatchObject({
      code: 'image-mismatch',
      message: expect.stringMatching(
        /shop\.orders is not what it is in the backup: its options differ\..*Restoring again puts it right/,
      ),
    });
    expect(await db.listCollections({ name: /^larder/ }).toArray()).toEqual([]);
    await restoreTo(repository, set().uri, 'shop', true, { selection: shop });
    expect(await db.collection('orders').countDocuments()).toBe(50);
    expect((await db.listCollections({ name: 'orders' }).toArray())[0]).toMatchObject({ options: {} });
  });
});
