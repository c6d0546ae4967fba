import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startTestSet } from '../test/fixtures/replica-set.ts';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { orderIndexes } from './insert-dump.ts';
import { measureApart } from './measure-apart.ts';
import { fillCollection } from './realistic-documents.ts';
import type { Figure } from './report.ts';

const [db, collection] = ['bench', 'orders'];

/**
 * What a restore of one collection, data and indexes, compared with the image afterwards, takes beside inserts of the same documents
 * by the driver out of a file of BSON, and of the bytes as they are: four workers, then the indexes together. Each in a process of its own; the
 * inserts verify nothing.
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
      .createIndexes([...orderIndexes]);
    const place = { uri: set.uri, db, collection, folder: folder.path };
    await measureApart('scan-to-file', place);
    const file = join(folder.path, 'plain.bson');
    if ((await stat(file)).size !== bytes) throw new Error('the dump is not the collection');
    await measureApart('backup', { uri: set.uri, folder: folder.path, id: 'all', base: [] });
    const emptied = async (): Promise<void> => {
      await client.db(db).dropDatabase();
      await client.db('admin').command({ fsync: 1 });
    };
    await emptied();
    const plain = await measureApart('inserts', { ...place, file, raw: false });
    await emptied();
    const raw = await measureApart('inserts', { ...place, file, raw: true });
    await emptied();
    const restored = await measureApart('restore', { uri: set.uri, folder: folder.path, id: 'all' });
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
      { name: 'inserts of raw bytes / restore', value: raw.seconds / restored.seconds, unit: 'times as long' },
      {
        name: 'peak memory of the restore',
        value: restored.peakMemory / 1e6,
        unit: 'MB',
        limit: { kind: 'at most', value: 400 },
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
