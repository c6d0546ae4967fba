import { open } from 'node:fs/promises';
import { deserialize } from 'bson';
import type { Document, IndexDescription } from 'mongodb';
import { concurrently } from '../src/lib/concurrently.ts';
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
export const insertDump: Prepare<'inserts'> = async ({ db, collection, file }, connect) => {
  const target = (await connect()).db(db).collection(collection);
  return async () => {
    const batches = readDump(file);
    let documents = 0;
    await concurrently(Array.from({ length: workers }), workers, async () => {
      for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
        documents += next.value.length;
        await target.insertMany(next.value, { ordered: false, writeConcern: { w: 'majority' } });
      }
    });
    await target.createIndexes([...orderIndexes]);
    return { documents };
  };
};

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
