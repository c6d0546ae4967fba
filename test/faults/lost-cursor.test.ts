import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { gatedRepository } from '../fixtures/gated-repository.ts';
import { documentsOfImage } from '../fixtures/raw-documents.ts';
import { replicaSet } from '../fixtures/replica-set.ts';

/** Of each collection: more than a first answer holds, which is 1000. */
const count = 3000;
const first = 1000;

/** The same repository; `act` is awaited before the first documents of a scan as large as these get into it. */
function beforeFirst(repository: ProjectRepository, act: () => Promise<void>): ProjectRepository {
  let done: Promise<void> | null = null;
  return gatedRepository(repository, { before: ({ count: size }) => (size === first ? (done ??= act()) : undefined) });
}

describe('S7: the cursor of a scan is lost in its middle', () => {
  const set = replicaSet({ members: 1, extraArguments: ['--setParameter', 'enableTestCommands=1'] });
  let client: MongoClient;

  beforeAll(async () => {
    client = new MongoClient(set().uri);
    const db = client.db('lost');
    await db.createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true } } as never);
    await db.createCollection('series', { timeseries: { timeField: 't', metaField: 'm' } });
    await db.createCollection('capped', { capped: true, size: 64 << 20 });
    for (const name of ['plain', 'clustered', 'capped'])
      await db
        .collection<{ _id: string }>(name)
        .insertMany(Array.from({ length: count }, (_, n) => ({ _id: `${n}`.padStart(30, '0'), n })));
    // A bucket each.
    await db.collection('series').insertMany(Array.from({ length: count }, (_, m) => ({ t: new Date(m), m: `${m}` })));
  });
  afterAll(() => client.close());

  const failPoint = (collection: string, errorCode: number): Document => ({
    configureFailPoint: 'failCommand',
    mode: { times: 1 },
    data: { failCommands: ['getMore'], namespace: `lost.${collection}`, errorCode, appName: 'larder' },
  });
  const off = { configureFailPoint: 'failCommand', mode: 'off' };
  const kinds = [
    { kind: 'plain', collection: 'plain', again: 0 },
    { kind: 'clustered', collection: 'clustered', again: 0 },
    { kind: 'time-series', collection: 'system.buckets.series', again: 0 },
    // Its records disappear at the front, so that it is begun again.
    { kind: 'capped', collection: 'capped', again: first },
  ];

  it.each([43, 175, 237])(
    'with error %i: the scan goes on after the last record, or begins again, and is right',
    async (code) => {
      for (const { kind, collection, again } of kinds) {
        const repository = await testRepository();
        await client.db('admin').command(failPoint(collection, code));
        const manifest = await backUp(repository, set().uri, 'lost', []);
        const { count: fired } = await client.db('admin').command(off);
        expect(fired, `the planned loss, ${kind}`).toBeGreaterThan(0);
        const held = manifest.collections.reduce((sum, { documents }) => sum + documents, 0);
        expect(manifest.cost.documentsRead, kind).toBe(held + again);
        expect(manifest.notes, kind).toEqual([]);
        expect(await compareWithSource(client, repository, manifest)).toBeGreaterThanOrEqual(3);
        const capped = manifest.collections.find(({ name }) => name === 'capped')!;
        expect((await documentsOfImage(repository, capped.layers)).size).toBe(count);
      }
    },
  );

  it.each(kinds.slice(0, 3))('a $kind collection whose last record read is gone, too, is begun again', async ({ collection }) => {
    const repository = await testRepository();
    const goAway = async (): Promise<void> => {
      const name = collection.replace('system.buckets.', '');
      const before = name === 'series' ? { m: { $in: ['998', '999', '1000'] } } : { n: { $gte: 990, $lt: 1010 } };
      await client
        .db('lost')
        .collection(name)
        .deleteMany(before, { writeConcern: { w: 'majority' } });
    };
    // The history is gone as well: what comes next is read as it is by then.
    await client.db('admin').command(failPoint(collection, 239));
    const manifest = await backUp(beforeFirst(repository, goAway), set().uri, 'gone', []);
    const { count: fired } = await client.db('admin').command(off);
    expect(fired, 'the planned loss').toBeGreaterThan(0);
    expect(manifest.notes).toEqual([]);
    expect(await compareWithSource(client, repository, manifest)).toBeGreaterThanOrEqual(3);
  });
});
