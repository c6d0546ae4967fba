import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { seededRandom } from '../test/fixtures/workload.ts';
import { startBackupServer } from './backup-server.ts';
import { measureApart } from './measure-apart.ts';
import { fillCollection } from './realistic-documents.ts';
import { percentile } from './percentile.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const changedShare = 0.01;
/** Changed documents before further backups: the same numbers whatever there is, so that two scenarios show what the time depends on. */
const furtherChanges = [1_000, 10_000, 50_000];
/** How often a next backup is taken: they are short, and a machine has its moods. */
const nextRounds = 5;
/** Beyond this nothing is compared with gzip, which would take longer than all the rest. */
const mostForGzip = 1_000_000;
/** Bytes that are compressed, hashed and encrypted alone: they are held in memory. */
const mostForCodec = 800_000_000;

export interface CaptureCostOptions {
  readonly documents: number;
  /** How much faster the next backup is to be than the first. */
  readonly promisedSpeedUp: number;
  /** How often everything is measured, each time all of it in turn; the figures are medians. */
  readonly rounds: number;
}

/**
 * What a first backup costs beside bare scans of the same documents, and what the next ones cost after one document in a hundred, or
 * some number of them, changed at random. Everything measured runs in a process of its own, but for the next backups: a server that
 * took the first takes them.
 */
export function captureCost({ documents, promisedSpeedUp, rounds }: CaptureCostOptions): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 1, cacheGb: 2 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const bytes = await fillCollection(client, db, collection, documents, 1);
    const place = { uri: set.uri, db, collection, folder: folder.path };
    const repository = (round: number): string => join(folder.path, `repository-${round}`);
    const backUp = (round: number, id: string, base: readonly string[]) =>
      measureApart('backup', { uri: set.uri, folder: repository(round), id, base });
    // Everybody finds the same warm cache, and compiled code.
    await measureApart('scan', place);

    const firsts = await timesOver(rounds, async (round) => ({
      bare: await measureApart('scan', place),
      plain: await measureApart('scan-to-file', place),
      gzip: documents > mostForGzip ? null : await measureApart('scan-to-gzip', place),
      codec: await measureApart('codec', { ...place, most: mostForCodec }),
      first: await backUp(round, 'first', []),
    }));
    const seconds = median(firsts.map(({ first }) => first.seconds));
    const stored = firsts[0]!.first.result.cost.bytesStored;
    const codecSeconds = ({ codec }: (typeof firsts)[number]): number => (codec.processorSeconds * bytes) / codec.result.bytes;
    const ofFirsts = (figure: (of: (typeof firsts)[number]) => number): number => median(firsts.map(figure));

    // All go into the repository of the first round, one after the other.
    let base = 'first';
    let taken = 0;
    const backUpChanges = async (count: number, seed: number, taker: typeof backUp) => {
      await changeAtRandom(client, { count, documents, seed });
      const id = `next-${++taken}`;
      const took = await taker(0, id, [base]);
      base = id;
      return took;
    };
    const changed = Math.round(documents * changedShare);
    const apart = await timesOver(nextRounds, (round) => backUpChanges(changed, 7 + round, backUp));
    const nextApart = median(apart.map((taken) => taken.seconds));
    // As in a server that took the first backup too.
    await using server = startBackupServer();
    const served: typeof backUp = (round, id, candidates) =>
      server.backUp({ uri: set.uri, folder: repository(round), id, base: candidates });
    await served(rounds, 'first', []);
    const nexts = await timesOver(nextRounds, (round) => backUpChanges(changed, 70 + round, served));
    const next = median(nexts.map((taken) => taken.seconds));
    const further: Figure[] = [];
    for (const count of furtherChanges) {
      const taken = await timesOver(nextRounds, (round) => backUpChanges(count, count + round, served));
      further.push({ name: `backup after ${count} changes`, value: 1000 * median(taken.map((one) => one.seconds)), unit: 'ms' });
    }

    const gigabytes = bytes / 1e9;
    return [
      { name: 'data', value: bytes / 1e6, unit: 'MB' },
      { name: 'first backup', value: bytes / 1e6 / seconds, unit: 'MB/s' },
      { name: 'first backup, stored', value: (100 * stored) / bytes, unit: '% of the raw bytes' },
      {
        name: 'peak memory of its process',
        value: Math.max(...firsts.map(({ first }) => first.peakMemory)) / 1e6,
        unit: 'MB',
        limit: { kind: 'at most', value: 400 },
      },
      ...(documents > mostForGzip
        ? []
        : [
            {
              name: 'scan and gzip / first backup',
              value: ofFirsts(({ gzip, first }) => gzip!.seconds / first.seconds),
              unit: 'times as long',
            },
          ]),
      {
        name: 'first backup / scan to a plain file',
        value: ofFirsts(({ first, plain }) => first.seconds / plain.seconds),
        unit: 'times as long',
        limit: { kind: 'at most', value: 2 },
      },
      {
        name: 'first backup / bare scan',
        value: ofFirsts(({ first, bare }) => first.seconds / bare.seconds),
        unit: 'times as long',
      },
      {
        name: 'processor time of a bare scan',
        value: ofFirsts(({ bare }) => bare.processorSeconds) / gigabytes,
        unit: 's/GB',
      },
      { name: 'processor time of zstd 1, SHA-256, AES-256-GCM alone', value: ofFirsts(codecSeconds) / gigabytes, unit: 's/GB' },
      {
        name: 'processor time of the first backup',
        value: ofFirsts(({ first }) => first.processorSeconds) / gigabytes,
        unit: 's/GB',
      },
      {
        name: '… / zstd 1, SHA-256, AES-256-GCM alone',
        value: ofFirsts((of) => of.first.processorSeconds / codecSeconds(of)),
        unit: 'times',
        limit: { kind: 'at most', value: 1.5 },
      },
      {
        name: '… / those and a bare scan',
        value: ofFirsts((of) => of.first.processorSeconds / (codecSeconds(of) + of.bare.processorSeconds)),
        unit: 'times',
      },
      { name: 'changed documents', value: changed, unit: '' },
      {
        name: 'documents read by the next backup',
        value: median(nexts.map(({ result }) => result.cost.documentsRead / changed)),
        unit: 'times the changed',
      },
      {
        name: 'first backup / next backup',
        value: seconds / next,
        unit: 'times as long',
        limit: { kind: 'at least', value: promisedSpeedUp },
      },
      {
        name: 'next backup, stored',
        value: (100 * median(nexts.map(({ result }) => result.cost.bytesStored))) / stored,
        unit: '% of the first',
        limit: { kind: 'at most', value: 1.5 },
      },
      { name: 'next backup', value: next * 1000, unit: 'ms' },
      { name: '… in a process of its own, whose code is compiled on the way', value: nextApart * 1000, unit: 'ms' },
      {
        name: 'processor time of the next backup',
        value: 1000 * median(nexts.map((taken) => taken.processorSeconds)),
        unit: 'ms',
      },
      ...further,
    ];
  };
}

async function timesOver<Result>(rounds: number, once: (round: number) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let round = 0; round < rounds; round++) results.push(await once(round));
  return results;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

async function changeAtRandom(
  client: MongoClient,
  { count, documents, seed }: { readonly count: number; readonly documents: number; readonly seed: number },
): Promise<void> {
  const random = seededRandom(seed);
  const ids = new Set<number>();
  while (ids.size < Math.min(count, documents)) ids.add(Math.floor(random() * documents));
  const updates = [...ids].map((id) => ({ updateOne: { filter: { _id: id }, update: { $set: { total: random() } } } }));
  await client.db(db).collection<{ _id: number; total: number }>(collection).bulkWrite(updates, { ordered: false });
  // Else it is measured, too, how the server writes these changes to its disk.
  await client.db('admin').command({ fsync: 1 });
}
