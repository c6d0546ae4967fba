import { MongoClient } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import { RawInserter } from '../../src/mongo/raw-insert.ts';
import { readRaw } from '../../src/mongo/raw-cursor.ts';
import { oddDocuments, oddIds } from '../fixtures/odd-documents.ts';
import { documentsById } from '../fixtures/raw-documents.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';

const signal = new AbortController().signal;

/** The documents of a collection as hex, by `_id`. */
function stored(client: MongoClient, collection: string): Promise<ReadonlyMap<string, string>> {
  return documentsById(readRaw(client.db('odd'), { find: collection }, { signal }));
}

describe('documents come back byte for byte', () => {
  const set = replicaSet({ members: 1 });
  let repository: ProjectRepository;
  let before: ReadonlyMap<string, ReadonlyMap<string, string>>;
  let after: ReadonlyMap<string, ReadonlyMap<string, string>>;
  const contents = new Map([...oddDocuments()]);

  beforeAll(async () => {
    repository = await testRepository();
    await using client = new MongoClient(set().uri);
    const insert = new RawInserter(client.db('odd'), signal);
    for (const raw of contents.values()) await insert.insert('contents', batchOfDocuments([raw]), { ordered: true });
    for (const raw of oddIds()) await insert.insert('ids', batchOfDocuments([raw]), { ordered: true });
    const read = async () =>
      new Map([
        ['contents', await stored(client, 'contents')],
        ['ids', await stored(client, 'ids')],
      ]);
    await backUp(repository, set().uri, 'scanned', []);
    // Touched and read again by `_id`, so that they also go through the oplog's way.
    await client
      .db('odd')
      .collection('ids')
      .updateMany({}, { $set: { touched: 1 } });
    await client.db('odd').collection('ids').deleteOne({ n: 3 });
    before = await read();
    await backUp(repository, set().uri, 'touched', ['scanned']);
    await restoreTo(repository, set().uri, 'touched', true);
    after = await read();
  });

  it.each([...contents.keys()])('D1, D2, D3: %s', (what) => {
    const raw = contents.get(what)!.toString('hex');
    expect([...before.get('contents')!.values()].includes(raw), 'the server took it as it is').toBe(true);
    expect([...after.get('contents')!.values()].includes(raw), 'it came back').toBe(true);
  });

  it('D4: _ids of every type, touched since the backup before', () => {
    expect(before.get('ids')!.size).toBe(oddIds().length - 1);
    expect(after.get('ids')).toEqual(before.get('ids'));
  });
});
