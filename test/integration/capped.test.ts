import { deserialize } from 'bson';
import { MongoClient, type Collection, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/image.ts';
import type { RawBatch } from '../../src/lib/raw-bson.ts';
import { applyUpdate } from '../../src/lib/apply-update.ts';
import { toTimestamp } from '../../src/mongo/cluster-time.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { readRaw } from '../../src/mongo/raw-cursor.ts';
import { fetchMongod } from '../../src/provider/fetch-mongod.ts';
import type { ReplicaSet } from '../../src/provider/start-replica-set.ts';
import type { Standalone } from '../../src/provider/start-standalone.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { startReplay } from '../fixtures/replay-oplog.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { startTestServer } from '../fixtures/standalone.ts';
import { until } from '../fixtures/until.ts';
import { seededRandom } from '../fixtures/workload.ts';

const signal = new AbortController().signal;

async function inOrder(batches: AsyncIterable<RawBatch>): Promise<readonly string[]> {
  const documents: string[] = [];
  for await (const { buffer, starts, count } of batches) {
    for (let n = 0; n < count; n++)
      documents.push(buffer.toString('hex', starts[n], starts[n]! + buffer.readInt32LE(starts[n]!)));
  }
  return documents;
}

const inNaturalOrder = (client: MongoClient, db: string, name: string): Promise<readonly string[]> =>
  inOrder(readRaw(client.db(db), { find: name, hint: { $natural: 1 } }, { signal }));

function imageOf(repository: ProjectRepository, { collections }: Manifest, db: string, name: string) {
  const image = collections.find((each) => each.db === db && each.name === name);
  if (image === undefined) throw new Error(`${db}.${name} is not in the backup`);
  return inOrder(repository.readImage(image.layers));
}

const idOf = (hex: string): unknown => deserialize(Buffer.from(hex, 'hex'))['_id'];

/**
 * The `_id`s of so many documents whose removal is the next that the oplog tells of the collection after the backup's time: a server removes what does
 * not fit any more with an entry of its own behind that of the insertion, and the judge, to whom the insertion is told, by itself at once.
 */
async function goNext(client: MongoClient, ns: string, { clusterTime }: Manifest, count: number): Promise<readonly unknown[]> {
  if (count === 0) return [];
  const next = client
    .db('local')
    .collection('oplog.rs')
    .find({ ns, ts: { $gt: toTimestamp(clusterTime) } }, { sort: { $natural: 1 }, limit: count });
  return (await next.toArray()).map(({ op, o }) => (op === 'd' ? o._id : op));
}

interface Row {
  readonly _id: number;
  readonly [field: string]: unknown;
}

describe.each(['4.4.2', '6.0.5'])('capped collections of MongoDB %s', (version) => {
  const release = Number.parseInt(version, 10);
  let set: ReplicaSet;
  let judge: Standalone;
  let client: MongoClient;
  let judged: MongoClient;
  let direct: MongoClient;

  beforeAll(async () => {
    const mongod = await fetchMongod(version, { env: process.env, signal: AbortSignal.timeout(300_000), log: () => undefined });
    [set, judge] = await Promise.all([startTestSet({ mongod, members: 2 }), startTestServer({ mongod })]);
    client = new MongoClient(set.uri, { retryWrites: false });
    judged = new MongoClient(judge.uri);
    direct = new MongoClient(`mongodb://127.0.0.1:${(await set.primary()).port}/?directConnection=true`);
    // A set that was just made may have committed nothing yet, and says so until the second member has caught up.
    await client
      .db('begun')
      .collection('c')
      .insertOne({}, { writeConcern: { w: 'majority' } });
    await until(async () => (await majorityOpTime(direct, signal)).term > 0, { what: 'the first commit of the set' });
  });
  afterAll(async () => {
    await Promise.all([client.close(), judged.close(), direct.close()]);
    await Promise.all([set[Symbol.asyncDispose](), judge[Symbol.asyncDispose]()]);
  });

  /** One thing that a client may do to a capped collection of this version. */
  async function act(ring: Collection<Row>, random: () => number, next: () => number): Promise<unknown> {
    const line = (): Row => ({
      _id: next(),
      s: 'x'.repeat(Math.floor(random() * 200)),
      n: random(),
      deep: { list: [1, 2, 3], m: 0.5 },
    });
    const kind = random();
    if (kind < 0.5) return ring.insertOne(line());
    if (kind < 0.6) return ring.insertMany([line(), line(), line()]);
    // One of the newest, or one that is on its way out.
    const _id = next() - 1 - Math.floor(random() * 260);
    if (kind < 0.8) return ring.updateOne({ _id }, { $set: { n: random(), 'deep.m': random(), 'deep.list.1': 7 } });
    if (kind < 0.85) return ring.updateOne({ _id }, [{ $set: { s: { $toUpper: '$s' } } }]);
    if (kind < 0.9 && release >= 5) return ring.deleteOne({ _id });
    if (kind < 0.95 && release >= 6)
      return ring.updateOne({ _id }, { $push: { 'deep.list': random() as never }, $unset: { s: '' } });
    return ring.insertOne({ _id, again: true }).catch(() => undefined);
  }

  it('S6: under constant writes are as they were at the cluster time, in their order, and come back so', async () => {
    const repository = await testRepository();
    const after = await majorityOpTime(direct, signal);
    const replay = startReplay({ source: direct, target: judged, databases: ['rings'], after });
    const db = client.db('rings');
    const options = { bytes: { size: 40_000 }, count: { size: 1 << 20, max: 150 }, still: { size: 8192 } } as const;
    for (const [name, more] of Object.entries(options)) await db.createCollection(name, { capped: true, ...more });
    await db.collection<Row>('still').insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id, text: 'y'.repeat(90) })));
    let running = true;
    let done = 0;
    let id = 0;
    const writers = ['bytes', 'bytes', 'count', 'count'].map(async (name, n) => {
      const random = seededRandom(n);
      for (; running; done++) {
        await act(db.collection<Row>(name), random, () => id++).catch((error: { code?: number }) => {
          // Clients meet; and before 6.0 no update may change the size of a document.
          if (![2, 28, 11000, 10003].includes(error.code ?? 0)) throw error;
        });
      }
    });
    const taken: Manifest[] = [];
    try {
      for (const name of ['first', 'second', 'third']) {
        const enough = done + 600;
        await until(() => done > enough, { what: '600 more writes' });
        taken.push(await backUp(repository, set.uri, name, taken.map(({ backupId }) => backupId).toReversed()));
      }
    } finally {
      running = false;
      await Promise.all(writers);
    }
    for (const manifest of taken) {
      expect(manifest.notes).toEqual([]);
      await replay.to(manifest.clusterTime);
      for (const name of Object.keys(options)) {
        const wanted = await inNaturalOrder(judged, 'rings', name);
        expect(wanted.length).toBeGreaterThan(30);
        const held = await imageOf(repository, manifest, 'rings', name);
        const leaving = held.slice(0, Math.max(0, held.length - wanted.length));
        expect(held.slice(leaving.length), `${name} in ${manifest.backupId}`).toEqual(wanted);
        expect(await goNext(direct, `rings.${name}`, manifest, leaving.length)).toEqual(leaving.map(idOf));
      }
    }
    const summary = await restoreTo(repository, judge.uri, 'third', true);
    expect(summary).toMatchObject({ verified: true, notes: [] });
    for (const name of Object.keys(options)) {
      expect(await inNaturalOrder(judged, 'rings', name), `${name}, restored`).toEqual(
        await imageOf(repository, taken[2]!, 'rings', name),
      );
    }
    await db.dropDatabase();
  });

  if (release >= 6)
    it('S6: that hold more than their size allows come back whole', async () => {
      const repository = await testRepository();
      const db = client.db('shrunk');
      await db.createCollection('c', { capped: true, size: 1 << 20, max: 100 });
      await db.collection<Row>('c').insertMany(Array.from({ length: 100 }, (_, _id) => ({ _id, text: 'z'.repeat(100) })));
      await db.command({ collMod: 'c', cappedSize: 4096, cappedMax: 60 });
      const manifest = await backUp(repository, set.uri, 'shrunk', []);
      await restoreTo(repository, judge.uri, 'shrunk', true);
      expect(await inNaturalOrder(judged, 'shrunk', 'c')).toEqual(await imageOf(repository, manifest, 'shrunk', 'c'));
      expect(await judged.db('shrunk').collection('c').countDocuments()).toBe(100);
      await db.dropDatabase();
    });

  it('E2, E3: a row of updates makes of a document what the server makes of it, also where it had some of them already', async () => {
    const random = seededRandom(5);
    const rows = client.db('updates').collection<Row>('c');
    const documents = 20;
    for (let _id = 0; _id < documents; _id++)
      await rows.insertOne({ _id, n: 1, list: [1, { x: 1 }, [2]], deep: { er: { m: 1 } } });
    const field = (): string =>
      ['n', 'f1', 'f2', 'list.0', 'list.1.x', 'deep.er.m', 'deep.new', 'deep'][Math.floor(random() * 8)]!;
    for (let n = 0; n < 400; n++) {
      const value = [random(), 'text', { a: 1, 2: 'b' }, [1, [2]], null][Math.floor(random() * 5)];
      const update: Document =
        random() < 0.1
          ? { $push: { list: { $each: [value, 2], $slice: -4 } } }
          : random() < 0.3
            ? { $unset: { [field()]: '' } }
            : { $set: { [field()]: value } };
      const _id = Math.floor(random() * documents);
      await (random() < 0.05 ? rows.replaceOne({ _id }, { n: 2, list: [], deep: {} }) : rows.updateOne({ _id }, update)).catch(
        (error: { code?: number }) => {
          // The path leads through a value that another update left there.
          if (error.code !== 28 && error.code !== 2) throw error;
        },
      );
    }
    const entries = new Map<number, { state: Buffer; updates: Buffer[] }>();
    for await (const { buffer, starts, count } of readRaw(
      direct.db('local'),
      { find: 'oplog.rs', filter: { ns: 'updates.c' } },
      { signal },
    )) {
      for (let n = 0; n < count; n++) {
        const raw = buffer.subarray(starts[n], starts[n]! + buffer.readInt32LE(starts[n]!));
        const { op, o, id } = partsOf(raw);
        if (op === 'i') entries.set(id, { state: o, updates: [] });
        else entries.get(id)!.updates.push(o);
      }
    }
    let understood = 0;
    for (const [_id, { state, updates }] of entries) {
      const states = [state];
      for (const update of updates) {
        const next = applyUpdate(states.at(-1)!, update);
        if (next === null) break;
        states.push(next);
        understood++;
      }
      // Some entries of 4.4 do not say all, and are not guessed at.
      if (states.length <= updates.length) {
        expect(release, `an update of ${_id} was not understood`).toBe(4);
        continue;
      }
      const [wanted] = await inOrder(readRaw(client.db('updates'), { find: 'c', filter: { _id } }, { signal }));
      expect(states.at(-1)!.toString('hex'), `document ${_id}`).toBe(wanted);
      if (release < 5) continue;
      const middle = states[Math.floor(states.length / 2)]!;
      const again = updates.reduce<Buffer | null>((before, update) => before && applyUpdate(before, update), middle);
      expect(again?.toString('hex'), `document ${_id}, updated again`).toBe(wanted);
    }
    expect(understood).toBeGreaterThan(release < 5 ? 50 : 250);
    await client.db('updates').dropDatabase();
  });
});

/** The parts of an entry, found by a decoder that keeps nested documents as bytes. */
function partsOf(entry: Buffer): { readonly op: string; readonly o: Buffer; readonly id: number } {
  const { op, o, o2 } = deserialize(entry) as { op: string; o: Document; o2?: Document };
  const raw = deserialize(entry, { raw: true })['o'] as Buffer;
  return { op, o: Buffer.from(raw), id: Number((o2 ?? o)['_id']) };
}
