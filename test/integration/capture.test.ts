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

  it('reads again only what changed', async () => {
    await using client = new MongoClient(set().uri);
    const repository = await testRepository();
    const collection = client.db('quiet').collection<{ _id: number; text: string }>('c');
    await collection.insertMany(Array.from({ length: 20_000 }, (_, n) => ({ _id: n, text: `document ${n}` })));
    await backUp(repository, set().uri, 'first', []);
    await collection.updateMany({ _id: { $mod: [100, 0] } }, { $set: { text: 'changed' } });
    await collection.deleteMany({ _id: { $mod: [1000, 1] } });
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    expect(second.cost.documentsRead).toBe(200);
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);
    await client.db('quiet').dropDatabase();
  });
});
