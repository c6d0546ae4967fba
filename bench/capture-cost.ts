import { MongoClient } from 'mongodb';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { seededRandom } from '../test/fixtures/workload.ts';
import { measureApart } from './measure-apart.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const changedShare = 0.01;
/** Changed documents before further backups: the same numbers whatever there is, so that two scenarios show what the time depends on. */
const furtherChanges = [1_000, 10_000, 50_000];
/** Beyond this nothing is compared with gzip, which would take longer than all the rest. */
const mostForGzip = 1_000_000;
/** Bytes that are compressed, hashed and encrypted alone: they are held in memory. */
const mostForCodec = 800_000_000;

export interface CaptureCostOptions {
  readonly documents: number;
  /** How much faster the next backup is to be than the first. */
  readonly promisedSpeedUp: number;
}

/**
 * What a first backup costs beside bare scans of the same documents, and what the next ones cost after one document in a hundred, or
 * some number of them, changed at random. Everything measured runs in a process of its own.
 */
export function captureCost({ documents, promisedSpeedUp }: CaptureCostOptions): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 1, cacheGb: 2 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const bytes = await fillCollection(client, db, collection, documents, 1);
    const place = { uri: set.uri, db, collection, folder: folder.path };
    const backUp = (id: string, base: readonly string[]) =>
      measureApart('backup', { uri: set.uri, folder: folder.path, id, base });
    // Everybody finds the same warm cache.
    await measureApart('scan', place);
    const bare = await measureApart('scan', place);
    const plain = await measureApart('scan-to-file', place);
    const gzip = documents > mostForGzip ? null : await measureApart('scan-to-gzip', place);
    const codec = await measureApart('codec', { ...place, most: mostForCodec });
    const first = await backUp('first', []);
    const changed = Math.round(documents * changedShare);
    await changeAtRandom(client, { count: changed, documents, seed: 7 });
    const next = await backUp('next', ['first']);
    const further: Figure[] = [];
    let base = 'next';
    for (const count of furtherChanges) {
      await changeAtRandom(client, { count, documents, seed: count });
      const id = `after-${count}`;
      const { seconds } = await backUp(id, [base]);
      further.push({ name: `backup after ${count} changes`, value: seconds * 1000, unit: 'ms' });
      base = id;
    }
    const gigabytes = bytes / 1e9;
    const codecSeconds = (codec.processorSeconds * bytes) / codec.result.bytes;
    return [
      { name: 'data', value: bytes / 1e6, unit: 'MB' },
      { name: 'first backup', value: bytes / 1e6 / first.seconds, unit: 'MB/s' },
      { name: 'first backup, stored', value: (100 * first.result.cost.bytesStored) / bytes, unit: '% of the raw bytes' },
      { name: 'peak memory of its process', value: first.peakMemory / 1e6, unit: 'MB', limit: { kind: 'at most', value: 400 } },
      ...(gzip === null
        ? []
        : [{ name: 'scan and gzip / first backup', value: gzip.seconds / first.seconds, unit: 'times as long' }]),
      {
        name: 'first backup / scan to a plain file',
        value: first.seconds / plain.seconds,
        unit: 'times as long',
        limit: { kind: 'at most', value: 2 },
      },
      { name: 'first backup / bare scan', value: first.seconds / bare.seconds, unit: 'times as long' },
      { name: 'processor time of a bare scan', value: bare.processorSeconds / gigabytes, unit: 's/GB' },
      { name: 'processor time of zstd 1, SHA-256, AES-256-GCM alone', value: codecSeconds / gigabytes, unit: 's/GB' },
      { name: 'processor time of the first backup', value: first.processorSeconds / gigabytes, unit: 's/GB' },
      {
        name: '… / zstd 1, SHA-256, AES-256-GCM alone',
        value: first.processorSeconds / codecSeconds,
        unit: 'times',
        limit: { kind: 'at most', value: 1.5 },
      },
      {
        name: '… / those and a bare scan',
        value: first.processorSeconds / (codecSeconds + bare.processorSeconds),
        unit: 'times',
      },
      { name: 'changed documents', value: changed, unit: '' },
      { name: 'documents read by the next backup', value: next.result.cost.documentsRead / changed, unit: 'times the changed' },
      {
        name: 'first backup / next backup',
        value: first.seconds / next.seconds,
        unit: 'times as long',
        limit: { kind: 'at least', value: promisedSpeedUp },
      },
      {
        name: 'next backup, stored',
        value: (100 * next.result.cost.bytesStored) / first.result.cost.bytesStored,
        unit: '% of the first',
        limit: { kind: 'at most', value: 1.5 },
      },
      { name: 'next backup', value: next.seconds * 1000, unit: 'ms' },
      { name: 'processor time of the next backup', value: next.processorSeconds * 1000, unit: 'ms' },
      ...further,
    ];
  };
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
}
