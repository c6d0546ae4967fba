import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type Document } from 'mongodb';
import { follow } from '../test/fixtures/follow.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { openFolder } from './file-repository.ts';
import { realisticDocuments } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const perSecond = 2000;
/** Batches of inserts begin so often. Milliseconds. */
const rhythm = 50;
const lookEvery = 250;

/**
 * How far behind the newest moment that restores is while 2,000 documents a second are written, in the usual rounds of ten seconds, and
 * what following takes of the servers: the processor time of all members, with and without it.
 */
export function archiveCost(seconds: number): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 3, cacheGb: 0.5 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const alone = await writeFor(
      seconds,
      client,
      set.members.map(({ port }) => port),
      () => undefined,
    );
    const { repository } = await openFolder(folder.path);
    await using following = follow(repository, set.uri, { intervalMs: 10_000 });
    const now = (): number => (performance.timeOrigin + performance.now()) / 1000;
    const begun = now();
    const ages: number[] = [];
    const look = (): void => {
      const newest = following.reports.findLast((report) => report.kind === 'stored');
      // The second before the newest one that is archived restores, and it ended where that begins.
      ages.push(now() - (newest?.kind === 'stored' ? newest.to.t : begun));
    };
    const followed = await writeFor(
      seconds,
      client,
      set.members.map(({ port }) => port),
      look,
    );
    return [
      {
        name: 'writes',
        value: followed.written / followed.seconds,
        unit: '/s',
        limit: { kind: 'at least', value: 0.95 * perSecond },
      },
      {
        name: 'age of the newest moment that restores, at most',
        value: Math.max(...ages),
        unit: 's',
        limit: { kind: 'at most', value: 15 },
      },
      {
        name: 'processor time of the servers, followed / alone',
        value: followed.processorSeconds / followed.written / (alone.processorSeconds / alone.written),
        unit: 'times',
      },
    ];
  };
}

interface Written {
  readonly written: number;
  readonly seconds: number;
  /** Of all servers together. */
  readonly processorSeconds: number;
}

/** Inserts at a steady rate for so many seconds; a batch that is late does not hold up the next. Calls `look` all the time. */
async function writeFor(seconds: number, client: MongoClient, ports: readonly number[], look: () => void): Promise<Written> {
  const batch = [...realisticDocuments((perSecond * rhythm) / 1000, 7)].map(({ _id, ...rest }): Document => rest);
  const target = client.db('bench').collection('written');
  const before = await processorSeconds(ports);
  const begun = performance.now();
  const underWay = new Set<Promise<void>>();
  let written = 0;
  const write = async (): Promise<void> => {
    await target.insertMany(batch.map((document) => ({ ...document })));
    written += batch.length;
  };
  const writing = setInterval(() => {
    const one = write().finally(() => underWay.delete(one));
    underWay.add(one);
  }, rhythm);
  const looking = setInterval(look, lookEvery);
  try {
    await delay(seconds * 1000);
  } finally {
    clearInterval(writing);
    clearInterval(looking);
    await Promise.all(underWay);
  }
  return {
    written,
    seconds: (performance.now() - begun) / 1000,
    processorSeconds: (await processorSeconds(ports)) - before,
  };
}

async function processorSeconds(ports: readonly number[]): Promise<number> {
  let sum = 0;
  for (const port of ports) {
    await using member = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
    const { extra_info: used } = await member.db('admin').command({ serverStatus: 1 });
    sum += (Number(used.user_time_us) + Number(used.system_time_us)) / 1e6;
  }
  return sum;
}
