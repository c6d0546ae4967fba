import { deserialize } from 'bson';
import type { Db } from 'mongodb';
import { findElement } from '../lib/raw-bson.ts';
import { serverErrorCode } from './connect.ts';
import { readRaw } from './raw-cursor.ts';

/** What a server says of one collection now. */
export interface CollectionDescription {
  readonly type: 'collection' | 'view' | 'timeseries';
  /** 32 hex digits; null for views and time-series collections, whose data is elsewhere. */
  readonly uuid: string | null;
  /** Raw BSON. */
  readonly options: Buffer;
  /** Raw specifications, those still being built included. */
  readonly indexes: readonly Buffer[];
}

/** Asks for one collection by its exact name; null if there is none. Driver errors pass through. */
export async function describeCollection(db: Db, name: string, signal: AbortSignal): Promise<CollectionDescription | null> {
  for await (const { buffer, starts, count } of readRaw(db, { listCollections: 1, filter: { name } }, { signal })) {
    if (count === 0) continue;
    const raw = (field: string): Buffer | null => {
      const element = findElement(buffer, starts[0]!, field);
      return element === null ? null : Buffer.from(buffer.subarray(element.value, element.end));
    };
    const info = raw('info');
    const uuid = info === null ? undefined : deserialize(info, { promoteBuffers: false })['uuid'];
    const type = findElement(buffer, starts[0]!, 'type')!;
    const described = buffer.toString('utf8', type.value + 4, type.end - 1) as CollectionDescription['type'];
    return {
      type: described,
      uuid: described === 'collection' && uuid !== undefined ? Buffer.from(uuid.buffer).toString('hex') : null,
      options: raw('options') ?? Buffer.from([5, 0, 0, 0, 0]),
      indexes: described === 'view' ? [] : await listIndexes(db, name, signal),
    };
  }
  return null;
}

async function listIndexes(db: Db, name: string, signal: AbortSignal): Promise<readonly Buffer[]> {
  const indexes: Buffer[] = [];
  try {
    for await (const { buffer, starts, count } of readRaw(db, { listIndexes: name }, { signal })) {
      for (let n = 0; n < count; n++) {
        const start = starts[n]!;
        indexes.push(Buffer.from(buffer.subarray(start, start + buffer.readInt32LE(start))));
      }
    }
  } catch (error) {
    if (serverErrorCode(error) !== 26) throw error;
  }
  return indexes;
}
