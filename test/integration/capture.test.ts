import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/image.ts';
import { serverErrorCode } from '../../src/mongo/connect.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { documentsAt, documentsOfImage } from '../fixtures/raw-documents.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';
import { startWorkload } from '../fixtures/workload.ts';

/** Compares every collection of the image with a snapshot read at its time; returns how many could be (the rest is dropped by now). */
async function compareWithSource(client: MongoClient, repository: ProjectRepository, manifest: Manifest): Promise<number> {
  let compared = 0;
  for (const image of manifest.collections) {
    if (image.capped) continue;
    const name = `${image.db}.${image.name}`;
    const wanted = await documentsAt(client, image.db, image.uuid, manifest.clusterTime).catch((error: unknown) => {
      if (serverErrorCode(error) === 26 || serverErrorCode(error) === 246) return null;
      throw error;
    });
    if (wanted === null) continue;
    const found = await documentsOfImage(repository, image.layers);
    expect(
      [...found].filter(([id, raw]) => wanted.get(id) !== raw),
      `too much, or different, in ${name}`,
    ).toEqual([]);
    expect(
      [...wanted.keys()].filter((id) => !found.has(id)),
      `missing in ${name}`,
    ).toEqual([]);
    if (image.documentsExact) expect(image.documents, `count of ${name}`).toBe(wanted.size);
    compared++;
  }
  return compared;
}

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
          await until(() => workload.done() > enough);
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
