import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize } from 'bson';
import { MongoClient, type Document, type IndexDescription } from 'mongodb';
import { concurrently } from '../src/lib/concurrently.ts';
import { readRaw } from '../src/mongo/raw-cursor.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { fileRepository, measured } from './in-process-backup.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];
const indexes: readonly IndexDescription[] = [
  { key: { 'customer.email': 1 }, name: 'email' },
  { key: { created: -1, status: 1 }, name: 'created_status' },
];
/** As `mongorestore --numInsertionWorkersPerCollection 4` does it, with its documents a batch. */
const workers = 4;
const perInsert = 1000;

/**
 * What a restore of one collection, data and indexes, compared with the image afterwards, takes beside inserts of the same documents
 * by the driver out of a file of BSON: four workers, then the indexes together. Neither verifies anything there.
 */
export function restoreCost(documents: number): () => Promise<readonly Figure[]> {
  return async () => {
    await using set = await startTestSet({ members: 1, cacheGb: 2 });
    await using folder = await temporaryFolder();
    await using client = new MongoClient(set.uri);
    const bytes = await fillCollection(client, db, collection, documents, 1);
    await client
      .db(db)
      .collection(collection)
      .createIndexes([...indexes]);
    const dump = join(folder.path, 'orders.bson');
    await writeDump(client, dump);
    const repository = await fileRepository(folder.path);
    await repository.backUp(set.uri, 'all', []);
    const emptied = async (): Promise<void> => {
      await client.db(db).dropDatabase();
      await client.db('admin').command({ fsync: 1 });
    };
    await emptied();
    const plain = await measured(() => insertDump(client, dump));
    await emptied();
    const restored = await measured(() => repository.restore(set.uri, 'all'));
    await repository.close();
    return [
      { name: 'data', value: bytes / 1e6, unit: 'MB' },
      { name: 'restore, compared', value: bytes / 1e6 / restored.seconds, unit: 'MB/s' },
      { name: 'inserts of the driver', value: bytes / 1e6 / plain.seconds, unit: 'MB/s' },
      {
        name: 'inserts of the driver / restore',
        value: plain.seconds / restored.seconds,
        unit: 'times as long',
        limit: { kind: 'at least', value: 1.5 },
      },
      { name: 'processor time of the restore', value: restored.processorSeconds / (bytes / 1e9), unit: 's/GB' },
      {
        name: '… / that of the inserts',
        value: restored.processorSeconds / plain.processorSeconds,
        unit: 'times',
        limit: { kind: 'at most', value: 0.7 },
      },
    ];
  };
}

async function writeDump(client: MongoClient, path: string): Promise<void> {
  await using file = await open(path, 'w');
  const { signal } = new AbortController();
  for await (const { buffer, starts, count } of readRaw(client.db(db), { find: collection }, { signal })) {
    const documents: Buffer[] = [];
    for (let n = 0; n < count; n++) documents.push(buffer.subarray(starts[n]!, starts[n]! + buffer.readInt32LE(starts[n]!)));
    await file.writev(documents);
  }
}

async function insertDump(client: MongoClient, path: string): Promise<void> {
  const target = client.db(db).collection(collection);
  const batches = readDump(path);
  await concurrently(Array.from({ length: workers }), workers, async () => {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      await target.insertMany(next.value, { ordered: false, writeConcern: { w: 'majority' } });
    }
  });
  await target.createIndexes([...indexes]);
}

async function* readDump(path: string): AsyncGenerator<Document[], void, undefined> {
  await using file = await open(path);
  let rest: Buffer = Buffer.alloc(0);
  let batch: Document[] = [];
  for await (const chunk of file.createReadStream({ highWaterMark: 4 * 1024 * 1024, autoClose: false })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (at + 4 <= bytes.length && at + bytes.readInt32LE(at) <= bytes.length) {
      const end = at + bytes.readInt32LE(at);
      batch.push(deserialize(bytes.subarray(at, end)));
      at = end;
      if (batch.length < perInsert) continue;
      yield batch;
      batch = [];
    }
    rest = bytes.subarray(at);
  }
  if (batch.length > 0) yield batch;
}
