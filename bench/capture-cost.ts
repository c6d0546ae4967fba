import { MongoClient } from 'mongodb';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { seededRandom } from '../test/fixtures/workload.ts';
import { prepareBareCodec, scanOnly, scanToFile, scanToGzip } from './bare-scan.ts';
import { fileRepository, measured } from './in-process-backup.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const changedShare = 0.01;

/**
 * What a first backup costs beside bare scans of the same documents, and what the next one costs after one document in a hundred
 * changed at random. `promisedSpeedUp`: how much faster the next one is to be.
 */
export function captureCost(documents: number, promisedSpeedUp: number): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 1, cacheGb: 2 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const bytes = await fillCollection(client, db, collection, documents, 1);
    // Everybody finds the same warm cache.
    await scanOnly(client, db, collection);
    const bare = await measured(() => scanOnly(client, db, collection));
    const plain = await measured(() => scanToFile(client, db, collection, folder.path));
    const gzip = await measured(() => scanToGzip(client, db, collection, folder.path));
    const repository = await fileRepository(folder.path);
    const first = await measured(() => repository.backUp(set.uri, 'first', []));
    const changed = await changeAtRandom(client, Math.round(documents * changedShare), documents);
    const next = await measured(() => repository.backUp(set.uri, 'next', ['first']));
    await repository.close();
    const codec = await measured(await prepareBareCodec(client, db, collection));
    const gigabytes = bytes / 1e9;
    return [
      { name: 'data', value: bytes / 1e6, unit: 'MB' },
      { name: 'first backup', value: bytes / 1e6 / first.seconds, unit: 'MB/s' },
      { name: 'first backup, stored', value: (100 * first.result.cost.bytesStored) / bytes, unit: '% of the raw bytes' },
      { name: 'scan and gzip / first backup', value: gzip.seconds / first.seconds, unit: 'times as long' },
      {
        name: 'first backup / scan to a plain file',
        value: first.seconds / plain.seconds,
        unit: 'times as long',
        limit: { kind: 'at most', value: 2 },
      },
      { name: 'first backup / bare scan', value: first.seconds / bare.seconds, unit: 'times as long' },
      { name: 'processor time of the first backup', value: first.processorSeconds / gigabytes, unit: 's/GB' },
      { name: '… / zstd 1, SHA-256, AES-256-GCM alone', value: first.processorSeconds / codec.processorSeconds, unit: 'times' },
      {
        name: '… / those and a bare scan',
        value: first.processorSeconds / (codec.processorSeconds + bare.processorSeconds),
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
    ];
  };
}

async function changeAtRandom(client: MongoClient, count: number, documents: number): Promise<number> {
  const random = seededRandom(7);
  const ids = new Set<number>();
  while (ids.size < count) ids.add(Math.floor(random() * documents));
  const updates = [...ids].map((id) => ({ updateOne: { filter: { _id: id }, update: { $set: { total: random() } } } }));
  await client.db(db).collection<{ _id: number; total: number }>(collection).bulkWrite(updates, { ordered: false });
  return count;
}
