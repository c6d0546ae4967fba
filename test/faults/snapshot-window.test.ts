import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { isInPhase } from '../fixtures/is-in-phase.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';
import { seededRandom } from '../fixtures/workload.ts';

describe('a server that keeps no history', () => {
  // Whatever is older than the newest committed write is too old to be read.
  const set = replicaSet({ members: 1, extraArguments: ['--setParameter', 'minSnapshotHistoryWindowInSeconds=0'] });

  it('S4: the scan goes on without its snapshot, and the final round tries another time until one can be read', async () => {
    await using client = new MongoClient(set().uri);
    const big = client.db('window').collection<{ _id: number; text?: string; n?: number }>('big');
    await big.insertMany(Array.from({ length: 20_000 }, (_, _id) => ({ _id, text: 'x'.repeat(900) })));
    let running = true;
    let done = 0;
    const writers = [1, 2, 3].map(async (seed) => {
      const random = seededRandom(seed);
      for (; running; done++) {
        const _id = Math.floor(random() * 20_000);
        if (random() < 0.7) await big.updateOne({ _id }, { $inc: { n: 1 } });
        else if (random() < 0.5) await big.deleteOne({ _id });
        else await big.replaceOne({ _id }, { n: random() }, { upsert: true });
      }
    });
    const repository = await testRepository();
    let finalRounds = 0;
    const widened: Promise<unknown>[] = [];
    let phaseBefore = '';
    try {
      await until(() => done > 100, { what: 'the first writes' });
      const manifest = await backUp(repository, set().uri, 'late', [], ({ phase }) => {
        if (isInPhase(phase, 'final round') && !isInPhase(phaseBefore, 'final round')) finalRounds++;
        phaseBefore = phase;
        // From here on the judge, and a later final round, can read at a time that has passed.
        if (finalRounds === 2 && widened.length === 0)
          widened.push(client.db('admin').command({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 300 }));
      });
      expect(widened, 'a final round that failed').toHaveLength(1);
      const image = manifest.collections.find(({ db, name }) => db === 'window' && name === 'big');
      expect(image, 'a scan that lost its snapshot').toMatchObject({ documentsExact: false });
      expect(await compareWithSource(client, repository, manifest)).toBeGreaterThan(0);
    } finally {
      running = false;
      await Promise.all(writers);
    }
    await Promise.all(widened);
  });
});
