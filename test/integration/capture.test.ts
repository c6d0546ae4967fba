import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';
import { startWorkload } from '../fixtures/workload.ts';

describe('a backup taken while clients write', () => {
  // Two operations an entry: longer transactions become chains of entries (pitfalls E7).
  const set = replicaSet({ extraArguments: ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'] });

  it.each([1, 2, 3, 4, 5, 6])(
    'equals a snapshot read of the source at its cluster time, three times in a row (seed %i)',
    async (seed) => {
      await using client = new MongoClient(set().uri);
      const repository = await testRepository();
      const db = `busy${seed}`;
      const workload = startWorkload({ client, db, seed, writers: 3, definitions: seed % 2 === 0 });
      const taken: string[] = [];
      let compared = 0;
      try {
        for (let n = 0; n < 3; n++) {
          const enough = workload.done() + 300;
          await until(() => workload.done() > enough, { what: '300 more operations' });
          const manifest = await backUp(repository, set().uri, `backup-${n}`, taken);
          expect(manifest.consistency).toBe('snapshot');
          expect(manifest.baseBackupId, 'builds on the backup before').toBe(taken[0] ?? null);
          taken.unshift(manifest.backupId);
          compared += await compareWithSource(client, repository, manifest);
        }
      } finally {
        await workload.stop();
        await client.db(db).dropDatabase();
      }
      expect(compared).toBeGreaterThanOrEqual(9);
    },
  );

  it('stores what the oplog tells of changes, and reads again only what it does not tell', async () => {
    await using client = new MongoClient(set().uri);
    const repository = await testRepository();
    const collection = client.db('quiet').collection<{ _id: number; text: string }>('c');
    await collection.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ _id: n, text: `document ${n}` })));
    await backUp(repository, set().uri, 'first', []);
    await collection.updateMany({ _id: { $mod: [100, 0] } }, { $set: { text: 'changed' } });
    await collection.deleteMany({ _id: { $mod: [1000, 1] } });
    await collection.insertOne({ _id: -1, text: 'inserted' });
    await collection.updateOne({ _id: -1 }, { $set: { text: 'inserted and changed' } });
    await collection.replaceOne({ _id: 7 }, { text: 'replaced' });
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    expect(second.cost.documentsRead).toBe(0);
    expect(second.collections.find(({ db }) => db === 'quiet')!.layers.at(-1)).toMatchObject({
      documents: 2,
      removals: 20,
      updates: { count: 200 },
    });
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);

    // Updated on top of an update; updated too often; and written by somebody who says himself what the entry is.
    await collection.updateMany({ _id: { $mod: [200, 0] } }, { $set: { more: [1, { deep: true }] } });
    for (let n = 0; n < 20; n++) await collection.updateOne({ _id: 5 }, { $set: { [`often ${n}`]: n } });
    const ns = 'quiet.c';
    const ops = [{ op: 'u', ns, o2: { _id: 6 }, o: { $v: 2, diff: { u: { text: 'by hand' } } } }];
    await client.db('admin').command({ applyOps: [...ops, { op: 'd', ns, o: { _id: 8 } }] });
    const third = await backUp(repository, set().uri, 'third', ['second']);
    const byHand = await client.db('local').collection('oplog.rs').countDocuments({ 'o.applyOps.ns': ns });
    expect(third.cost.documentsRead).toBe(byHand > 0 ? 2 : 1);
    expect(await compareWithSource(client, repository, third)).toBeGreaterThan(0);
    await client.db('quiet').dropDatabase();
  });
});
