import { Double, Int32, MongoClient, type Document } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import { RawInserter } from '../../src/mongo/raw-insert.ts';
import { readRaw } from '../../src/mongo/raw-cursor.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { document, element, int32 } from '../fixtures/raw-bson-builder.ts';
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

  it('D2, E2: odd documents that were updated since are what the server made of them, without being read again', async () => {
    await using client = new MongoClient(set().uri);
    const db = client.db('odd');
    const insert = new RawInserter(db, signal);
    for (const raw of contents.values()) await insert.insert('updated', batchOfDocuments([raw]), { ordered: true });
    const list = document(element(0x10, '0', int32(1)), element(0x10, 'b', int32(2)), element(0x10, 'b', int32(3)));
    const oddList = document(element(0x10, '_id', int32(-1)), element(0x04, 'list', list));
    await insert.insert('updated', batchOfDocuments([oddList]), { ordered: true });
    await backUp(repository, set().uri, 'before-updates', ['touched']);

    const small = { $expr: { $lt: [{ $bsonSize: '$$ROOT' }, 1_000_000] } };
    const updated = db.collection<{ _id: number }>('updated');
    const updates: Document[] = [
      { $set: { 'touched.by': [1, { two: 2 }, [3]] } },
      { $set: { 'touched.by.5': 'far', 'touched.by.1.two': 'deep', s: 'another' } },
      { $push: { 'touched.by': { $each: [7, 8], $slice: -3 } } },
      { $unset: { s: '', 'touched.gone': '' } },
      { $set: { first: 1 } },
      { $rename: { first: 'second' } },
    ];
    for (const update of updates) await updated.updateMany(small, update);
    // Of several fields of one name a primary sets the first and the members that follow it all: no two of them agree.
    await updated.updateMany({ ...small, _id: { $ne: 1 } }, { $set: { a: 'a set' } });
    await updated.updateOne({ _id: -1 }, { $set: { 'list.0': 'first' } });
    const manifest = await backUp(repository, set().uri, 'updates', ['before-updates']);
    expect(manifest.cost.documentsRead).toBe(0);
    const image = manifest.collections.find(({ name }) => name === 'updated')!;
    // So many updates that they were merged with what they change.
    expect(image.layers).toMatchObject([{ kind: 'merged', documents: contents.size + 1 }]);
    expect(await compareWithSource(client, repository, manifest)).toBeGreaterThan(0);
  });

  it('D4: an _id whose type a replacement changed is that of the document before, and of the one after', async () => {
    await using client = new MongoClient(set().uri);
    const typed = client.db('odd').collection<{ _id: Int32 | Double; n?: number }>('typed');
    const named = (_id: Int32 | Double, n: number): { n: number } => ({ ...{ _id }, n });
    await typed.insertMany(Array.from({ length: 100 }, (_, n) => ({ _id: new Int32(n) })));
    await backUp(repository, set().uri, 'before-types', ['touched']);
    // The entry names the document by the _id that it had.
    for (const n of [1, 2, 3, 4]) await typed.replaceOne({ _id: new Int32(n) }, named(new Double(n), 1));
    await typed.updateMany({ _id: { $in: [new Int32(1), new Int32(5)] } }, { $set: { n: 2 } });
    await typed.deleteOne({ _id: new Int32(2) });
    await typed.replaceOne({ _id: new Double(3) }, named(new Int32(3), 3));
    await typed.deleteOne({ _id: new Int32(4) });
    await typed.insertOne({ _id: new Int32(4), n: 4 });
    const first = await backUp(repository, set().uri, 'types', ['before-types']);
    expect(await compareWithSource(client, repository, first)).toBeGreaterThan(0);
    await typed.updateMany({}, { $set: { n: 5 } });
    const second = await backUp(repository, set().uri, 'types-updated', ['types']);
    expect(second.cost.documentsRead).toBe(0);
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);
  });
});
