import { open } from 'node:fs/promises';
import { deserialize } from 'bson';
import type { IndexDescription } from 'mongodb';
import { concurrently } from '../src/lib/concurrently.ts';
import { batchOfDocuments } from '../src/lib/raw-bson.ts';
import { RawInserter } from '../src/mongo/raw-insert.ts';
import type { Prepare } from './measured-work.ts';

/** Of the orders that are restored and inserted. */
export const orderIndexes: readonly IndexDescription[] = [
  { key: { 'customer.email': 1 }, name: 'email' },
  { key: { created: -1, status: 1 }, name: 'created_status' },
];
/** As `mongorestore --numInsertionWorkersPerCollection 4` does it, with its documents a batch. */
const workers = 4;
const perInsert = 1000;

/** Inserts of the driver out of a file of raw BSON by four workers, then the indexes together. Nothing is verified. */
export const insertDump: Prepare<'inserts'> = async ({ db, collection, file, raw }, connect) => {
  const database = (await connect()).db(db);
  const target = database.collection(collection);
  const rawly = new RawInserter(database, new AbortController().signal);
  const insert = async (batch: readonly Buffer[]): Promise<void> => {
    if (raw) await rawly.insert(collection, batchOfDocuments(batch), { ordered: false });
    else
      await target.insertMany(
        batch.map((document) => deserialize(document)),
        { ordered: false, writeConcern: { w: 'majority' } },
      );
  };
  return async () => {
    const batches = readDump(file);
    let documents = 0;
    await concurrently(Array.from({ length: workers }), workers, async () => {
      for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
        documents += next.value.length;
        await insert(next.value);
      }
    });
    await target.createIndexes([...orderIndexes]);
    return { documents };
  };
};

async function* readDump(path: string): AsyncGenerator<Buffer[], void, undefined> {
  await using file = await open(path);
  let rest: Buffer = Buffer.alloc(0);
  let batch: Buffer[] = [];
  for await (const chunk of file.createReadStream({ highWaterMark: 4 * 1024 * 1024, autoClose: false })) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (at + 4 <= bytes.length && at + bytes.readInt32LE(at) <= bytes.length) {
      const end = at + bytes.readInt32LE(at);
      batch.push(bytes.subarray(at, end));
      at = end;
      if (batch.length < perInsert) continue;
      yield batch;
      batch = [];
    }
    rest = bytes.subarray(at);
  }
  if (batch.length > 0) yield batch;
}
