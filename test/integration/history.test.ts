import { MongoClient, type Db } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatMarker, parseMarker, usualThresholds } from '../../src/core/history.ts';
import type { HistoryEvent, HistoryQuery } from '../../src/core/history.ts';
import type { OpTime } from '../../src/core/image.ts';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import { readHistory } from '../../src/engine/history/read-history.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import type { OplogArchive } from '../../src/repository/port.ts';
import { archiveOplog } from '../fixtures/archive-oplog.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { testRepository } from '../fixtures/test-repository.ts';
import { until } from '../fixtures/until.ts';

const never = new AbortController().signal;
const lastSecond = 0xffff_ffff;

describe('the history of a real replica set', () => {
  const set = replicaSet({ members: 1, oplogMb: 990 });
  let archive: OplogArchive;
  /** The same in segments of a few entries. */
  let torn: OplogArchive;
  let stretch: { readonly timeline: number; readonly after: OpTime; readonly to: OpTime };

  const page = (query: Partial<HistoryQuery>, uuids: readonly string[] = [], { budgetMs = 60_000, of = archive } = {}) =>
    readHistory({
      archive: of,
      stretches: [stretch],
      bases: [{ backupId: 'b', time: stretch.after, oplogAfter: stretch.after }],
      uuids,
      query: { ns: null, document: null, from: 0, to: lastSecond, mass: usualThresholds, limit: 100, marker: null, ...query },
      budgetMs,
      mostMs: 60_000,
      clock: systemClock,
      signal: never,
    });
  const told = ({ kind, ns, otherNs, count, inTransaction, change }: HistoryEvent): string =>
    [kind, ns, otherNs, count, inTransaction ? 'in a transaction' : null, change].filter((part) => part !== null).join(' | ');

  /** What happens; each point that must be told of is noted just before. */
  const points = new Map<string, OpTime>();
  beforeAll(async () => {
    const repository = (await testRepository()).project('0'.repeat(32));
    archive = repository.oplog('instance');
    await using client = new MongoClient(set().uri);
    await happen(client, async (name) => void points.set(name, await majorityOpTime(client, never)));
    await archiveOplog(repository, client);
    [stretch] = (await archive.stretches()) as [typeof stretch];
    torn = repository.oplog('torn');
    await archiveOplog(repository, client, { instanceId: 'torn', mostEntries: 100 });
  });

  it('tells of drops, replacements and mass changes, each with the point just before it', async () => {
    const { events, next } = await page({});
    expect(next).toBeNull();
    expect(events.map(told)).toEqual([
      'collection-renamed | shop.orders | shop.sales',
      'mass-update | shop.events | 1500',
      'mass-delete | shop.events | 1200 | in a transaction',
      'collection-replaced | shop.report',
      'collection-replaced | shop.sales | shop.import',
      'collection-dropped | shop.events',
      'database-dropped | old | 2',
    ]);
    const noted = ['rename', 'update', 'delete', 'out', 'over', 'drop', 'database'].map((name) => points.get(name)!);
    for (const [n, { before, at, restorable }] of events.entries()) {
      expect(restorable, events[n]!.kind).toBe(true);
      // Nothing lies between what was noted and the event: the next entry of the set is the event itself.
      expect(before.t > noted[n]!.t || (before.t === noted[n]!.t && before.i >= noted[n]!.i), formatPoint(before)).toBe(true);
      expect(formatPoint(at)).not.toBe(formatPoint(before));
    }
  });

  it('tells the same page by page, wherever a page ends', async () => {
    const whole = (await page({})).events;
    for (const options of [{}, { budgetMs: 0 }, { budgetMs: 0, of: torn }]) {
      const found: HistoryEvent[] = [];
      let marker: HistoryQuery['marker'] = null;
      let pages = 0;
      do {
        const { events, next } = await page({ limit: 1, marker }, [], options);
        found.push(...events);
        marker = next === null ? null : parseMarker(formatMarker(next));
        expect(++pages).toBeLessThan(100);
      } while (marker !== null);
      expect(found.map(told)).toEqual(whole.map(told));
    }
  });

  it('keeps to a time, a collection and the thresholds', async () => {
    const only = async (query: Partial<HistoryQuery>) => (await page(query)).events.map(told);
    expect(await only({ ns: 'shop.report' })).toEqual(['collection-replaced | shop.report']);
    expect(await only({ ns: 'old.a' })).toEqual(['database-dropped | old | 2']);
    expect(await only({ mass: { documents: 5000, seconds: 10 }, ns: 'shop.events' })).toEqual([
      'collection-dropped | shop.events',
    ]);
    expect(await only({ from: points.get('database')!.t + 3600 })).toEqual([]);
    expect(await only({ to: stretch.after.t - 1 })).toEqual([]);
  });

  it('tells the life of a document, under every name of its collection, in transactions too', async () => {
    const life = (await page({ ns: 'shop.orders', document: '1.0' })).events;
    expect(life.map(told)).toEqual([
      'document-inserted | shop.orders | {"_id":1,"state":"new","address":{},"items":[{"n":1},{"n":2}],"at":{"$date":"2026-01-01T00:00:00.000Z"}}',
      'document-updated | shop.orders | unset at\nset state = "paid"\nset address.city = "Bonn"\nset items[1].n = 5',
      'collection-renamed | shop.orders | shop.sales',
      'document-updated | shop.sales | in a transaction | set state = "sent"',
      'document-replaced | shop.sales | {"_id":1,"state":"done"}',
      'document-deleted | shop.sales',
      'collection-replaced | shop.sales | shop.import',
    ]);
    // By its newer name, where an image tells which collection that was.
    const sales = await page({ ns: 'shop.sales', document: '{"$numberLong":"1"}' });
    expect(sales.events.map(({ kind }) => kind)).toEqual([
      'collection-renamed',
      'document-updated',
      'document-replaced',
      'document-deleted',
      'collection-replaced',
    ]);
    const known = await page({ ns: 'shop.sales', document: '1' }, [await uuidOfOrders()]);
    expect(known.events.map(({ kind }) => kind)).toEqual(life.map(({ kind }) => kind));
    await expect(page({ ns: 'shop.orders', document: 'abc' })).rejects.toMatchObject({ code: 'malformed-request' });
  });

  /** The collection that was shop.orders at first, as the archive tells. */
  async function uuidOfOrders(): Promise<string> {
    const { next } = await page({ ns: 'shop.orders', document: '1', limit: 1 });
    return next!.uuids[0]!;
  }
});

async function happen(client: MongoClient, note: (name: string) => Promise<void>): Promise<void> {
  const shop: Db = client.db('shop');
  const orders = shop.collection<{ _id: number; state?: string; items?: unknown; at?: Date; address?: object }>('orders');
  const items = [{ n: 1 }, { n: 2 }];
  await orders.insertMany([
    { _id: 1, state: 'new', address: {}, items, at: new Date('2026-01-01T00:00:00.000Z') },
    { _id: 2, state: 'new', address: {} },
  ]);
  const change = { $set: { state: 'paid', 'items.1.n': 5, 'address.city': 'Bonn' }, $unset: { at: 1 } } as const;
  await orders.updateOne({ _id: 1 }, change);
  const events = shop.collection<{ _id: number; seen?: boolean }>('events');
  await events.insertMany(Array.from({ length: 3000 }, (_, n) => ({ _id: n })));
  await note('rename');
  await orders.rename('sales');
  const sales = shop.collection<{ _id: number; state: string }>('sales');
  const session = client.startSession();
  await session.withTransaction(async () => {
    await sales.updateOne({ _id: 1 }, { $set: { state: 'sent' } }, { session });
    await sales.updateOne({ _id: 2 }, { $set: { state: 'sent' } }, { session });
  });
  session.startTransaction();
  await sales.updateOne({ _id: 1 }, { $set: { state: 'never' } }, { session });
  await session.abortTransaction();
  await sales.replaceOne({ _id: 1 }, { state: 'done' });
  await sales.deleteOne({ _id: 1 });
  // It begins late in a second, and the few that it has left for a last second would not be counted.
  await nextSecond(client);
  await note('update');
  await events.updateMany({ _id: { $lt: 8 } }, { $set: { seen: true } });
  await nextSecond(client);
  await events.updateMany({ _id: { $gte: 8, $lt: 1500 } }, { $set: { seen: true } });
  await note('delete');
  await session.withTransaction(async () => {
    await events.deleteMany({ _id: { $gte: 1800 } }, { session });
  });
  await session.endSession();
  await shop.collection('report').insertOne({ old: true });
  await note('out');
  await events.aggregate([{ $limit: 3 }, { $out: 'report' }]).toArray();
  await shop.collection('import').insertOne({ fresh: true });
  await note('over');
  await client.db('admin').command({ renameCollection: 'shop.import', to: 'shop.sales', dropTarget: true });
  await note('drop');
  await events.drop();
  await shop.collection('report').insertOne({ later: true });
  await client.db('old').collection('a').insertOne({});
  await client.db('old').collection('b').insertOne({});
  await note('database');
  await client.db('old').dropDatabase();
}

async function nextSecond(client: MongoClient): Promise<void> {
  const { t } = await majorityOpTime(client, never);
  await until(
    async () => {
      await client.db('clock').collection('ticks').insertOne({});
      return (await majorityOpTime(client, never)).t > t;
    },
    { what: 'the next second' },
  );
}
