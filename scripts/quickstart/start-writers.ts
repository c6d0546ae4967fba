import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient, ObjectId } from 'mongodb';
import type { Clock } from '../../src/lib/clock.ts';
import { placeCount } from './load-data.ts';

/** Milliseconds between two writes of one writer: steady small traffic, as of an application in use. */
const pace = 20;
const writerCount = 3;
/** Of ten writes of a writer, how many change a city; the others insert an event and a measurement. */
const cityShare = 8;

export interface Writers {
  /** Stops all writers and returns how many writes they made. Rejects if one of them failed. */
  stop(): Promise<number>;
}

/** Changes every hundredth place, found by its `cityId` order; resolves with how many were changed. */
export async function changeOneInAHundred(client: MongoClient, clock: Clock): Promise<number> {
  const cities = client.db('geo').collection('cities');
  const ids = await cities
    .find({}, { projection: { _id: 1 } })
    .sort({ cityId: 1 })
    .map((city) => city._id)
    .toArray();
  const chosen = ids.filter((_, at) => at % 100 === 0);
  const result = await cities.updateMany({ _id: { $in: chosen } }, { $inc: { population: 1 }, $set: { revised: clock.now() } });
  return result.modifiedCount;
}

/** Starts writers that change cities, append events and insert measurements until they are stopped. Resolves once they write. */
export async function startWriters(client: MongoClient, clock: Clock, signal: AbortSignal): Promise<Writers> {
  const stopping = new AbortController();
  const until = AbortSignal.any([signal, stopping.signal]);
  const ids = await Promise.all(Array.from({ length: writerCount }, (_, writer) => cityIdsOf(client, writer)));
  const running = Promise.all(ids.map((own, writer) => write(client, clock, { writer, ids: own }, until)));
  // Whoever stops the writers gets the error; without this line it would end the process before.
  running.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      return (await running).reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Every writer has its own part of the places. */
async function cityIdsOf(client: MongoClient, writer: number): Promise<readonly ObjectId[]> {
  const cities = client.db('geo').collection('cities');
  const skip = Math.floor((placeCount / writerCount) * writer);
  const own = await cities
    .find({}, { projection: { _id: 1 } })
    .sort({ cityId: 1 })
    .skip(skip)
    .limit(5_000)
    .toArray();
  return own.map((city) => city._id);
}

interface Part {
  readonly writer: number;
  readonly ids: readonly ObjectId[];
}

async function write(client: MongoClient, clock: Clock, { writer, ids }: Part, signal: AbortSignal): Promise<number> {
  const cities = client.db('geo').collection('cities');
  const events = client.db('shop').collection('events');
  const measurements = client.db('weather').collection('measurements');
  let count = 0;
  while (!signal.aborted) {
    const _id = ids[(count * 7) % ids.length];
    if (count % 10 < cityShare && _id !== undefined) {
      await cities.updateOne({ _id }, { $inc: { population: 1 }, $set: { revised: clock.now() } });
    } else if (count % 10 === cityShare) {
      await events.insertOne({ number: count, what: 'changed', by: writer });
    } else {
      await measurements.insertOne({ at: clock.now(), station: { number: writer, place: 'quickstart' }, celsius: count % 30 });
    }
    count++;
    await delay(pace, undefined, { signal }).catch(() => undefined);
  }
  return count;
}
