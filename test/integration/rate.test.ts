import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../src/engine/capture/capture.ts';
import type { CaptureSummary } from '../../src/engine/tasks.ts';
import type { JobProgress } from '../../src/engine/use-cases.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { testRepository } from '../fixtures/backup.ts';
import type { Standalone } from '../../src/provider/start-standalone.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startTestServer } from '../fixtures/standalone.ts';

const documents = 5_000;
const size = 4_096;

describe('how fast a backup reads', () => {
  const set = replicaSet({ members: 1 });
  let single: Standalone;
  beforeAll(async () => {
    single = await startTestServer();
    const many = Array.from({ length: documents }, (_, n) => ({ _id: n as never, data: randomBytes(size) }));
    for (const { uri, share } of [
      { uri: set().uri, share: 1 },
      { uri: single.uri, share: 0.6 },
    ]) {
      await using client = new MongoClient(uri);
      await client
        .db('shop')
        .collection('pictures')
        .insertMany(many.slice(0, documents * share));
    }
  });
  afterAll(() => single[Symbol.asyncDispose]());

  async function backUp(
    rateMbPerS: number,
    { uri, mode }: { readonly uri: string; readonly mode: 'ReplicaSet' | 'Single' },
  ): Promise<{ summary: CaptureSummary; reports: JobProgress[]; seconds: number }> {
    const repository = await testRepository();
    const reports: JobProgress[] = [];
    const begin = performance.now();
    const summary = await capture(
      {
        kind: 'capture',
        repository: { url: 'memory:', unlock: { kind: 'passphrase', passphrase: '' } },
        projectId: '0'.repeat(32),
        instance: { id: 'i', name: 'i', uri, mode },
        backup: { id: 'b', name: 'b', description: '', type: 'Manual' },
        baseCandidates: [],
        rateMbPerS,
      },
      { signal: new AbortController().signal, report: (progress) => reports.push(progress) },
      { repository, clock: systemClock },
    );
    return { summary, reports, seconds: (performance.now() - begin) / 1000 };
  }

  it('is never faster than was asked for, and the progress says how far it is', async () => {
    const rate = 10;
    const { summary, reports, seconds } = await backUp(rate, { uri: set().uri, mode: 'ReplicaSet' });
    expect(summary.cost.bytesRead).toBeGreaterThan(documents * size);
    expect(seconds).toBeGreaterThanOrEqual((documents * size) / (rate * 1_000_000));
    expect(summary.notes).toEqual([]);
    const shares = reports.map(({ share }) => share ?? 0);
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect(shares.filter((share) => share > 0.2 && share < 0.8).length).toBeGreaterThan(5);
    expect(shares.at(-1)).toBe(0.99);
    expect(reports.some(({ lagSeconds, oplogWindowSeconds }) => lagSeconds !== null && oplogWindowSeconds !== null)).toBe(true);
  });

  it.each([
    { what: 'a replica set', mode: 'ReplicaSet' },
    { what: 'a single server', mode: 'Single' },
  ] as const)(
    'of $what gives way to others whose reads have become slow, and says so in the progress and in the backup',
    async ({ mode }) => {
      const uri = mode === 'Single' ? single.uri : set().uri;
      await using client = new MongoClient(uri, { maxPoolSize: 12 });
      await client.db('shop').collection('one').insertOne({});
      // A member on which every read of others takes its time: a quarter of a second, twelve at once.
      let loaded = true;
      const readers = Array.from({ length: 12 }, async () => {
        while (loaded) await client.db('shop').collection('one').findOne({ $where: 'sleep(250) || true' });
      });
      try {
        const { summary, reports } = await backUp(5, { uri, mode });
        expect(summary.notes).toContainEqual(
          expect.stringMatching(/^Reading was slowed down for a time: reads of others took \d{3,} ms\.$/),
        );
        expect(reports.map(({ phase }) => phase)).toContainEqual(
          expect.stringMatching(/^scanning, slowed down: reads of others took \d{3,} ms$/),
        );
      } finally {
        loaded = false;
        await Promise.all(readers);
      }
    },
  );
});
