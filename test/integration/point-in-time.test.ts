import { MongoClient, type Document } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ClusterTime, Manifest } from '../../src/core/image.ts';
import type { RestoreSelection } from '../../src/core/restore-selection.ts';
import { fromTimestamp, toTimestamp } from '../../src/mongo/cluster-time.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { archiveOplog, pointInTime } from '../fixtures/archive-oplog.ts';
import { backUp, restoreLegs, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { changeZoo } from '../fixtures/change-zoo.ts';
import { consultPointOracle } from '../fixtures/point-oracle.ts';
import { prepare } from '../fixtures/prepared-transaction.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

/** A signal that nobody gives. */
const never = new AbortController().signal;
const moment = (client: MongoClient): Promise<ClusterTime> => majorityOpTime(client, never);
const named = (name: string, newName: string | null = null) => ({ name, newName });
const part = (wanted: Partial<RestoreSelection>): RestoreSelection => ({
  databases: [],
  collections: [],
  users: false,
  ...wanted,
});

describe('a restore to a point in time', () => {
  // Two operations an entry: longer transactions become chains of entries (pitfalls E7); and transactions can be prepared by hand.
  const parameters = ['maxNumberOfTransactionOperationsInSingleOplogEntry=2', 'enableTestCommands=1'];
  const source = replicaSet({ members: 1, extraArguments: parameters.flatMap((each) => ['--setParameter', each]) });
  const target = replicaSet({ members: 1, extraArguments: ['--setParameter', 'enableTestCommands=1'] });
  let repository: ProjectRepository;
  let from: MongoClient;
  let to: MongoClient;

  beforeAll(async () => {
    repository = await testRepository();
    from = new MongoClient(source().uri);
    to = new MongoClient(target().uri);
    return async () => {
      await from.close();
      await to.close();
    };
  });

  const restored = async (base: Manifest, point: ClusterTime, options: Parameters<typeof restoreTo>[4] = {}) => {
    await archiveOplog(repository, from);
    return restoreTo(repository, target().uri, base.backupId, true, { ...options, pointInTime: pointInTime(point, [base]) });
  };
  const rows = (client: MongoClient, db: string, collection: string): Promise<Document[]> =>
    client
      .db(db)
      .collection(collection)
      .find({}, { sort: { _id: 1 } })
      .toArray();

  it('E11, E15, E17, E18, C1, C2, U3: makes every kind of definition, and users, that came after the backup', async () => {
    const base = await backUp(repository, source().uri, 'nothing', []);
    await makeZoo(from);
    const end = await moment(from);
    const summary = await restored(base, end);
    expect(await userState(to)).toEqual(await userState(from));
    expect(summary.replayed).toMatchObject([{ baseBackupId: 'nothing', point: { t: end.t, i: end.i } }]);
    expect(summary.notes).toEqual([expect.stringContaining('zoo.capped')]);
    const users = await to.db('admin').collection('system.users').find().toArray();
    expect(users.map(({ _id }) => String(_id))).toContain('admin.keeper');
  });

  it('E12, E13, E14, E16, E17, U3: follows every kind of change of definitions', async () => {
    if ((await from.db('zoo').listCollections().toArray()).length === 0) await makeZoo(from);
    const base = await backUp(repository, source().uri, 'zoo', []);
    const before = await userState(from);
    await changeZoo(from);
    const after = await userState(from);
    await restored(base, await moment(from));
    expect(await userState(to)).toEqual(after);
    // The very point of the backup is one, too.
    await restored(base, base.clusterTime);
    expect(await userState(to)).toEqual(before);
  });

  it('E6, E7, E8, E9: transactions are there whole from the entry that ends them on, and not before', async () => {
    const db = from.db('bank');
    await db.collection<Row>('a').insertMany(Array.from({ length: 8 }, (_, n) => ({ _id: n, n: 0 })));
    const rowsNow = async () => ({ time: await moment(from), rows: await rows(from, 'bank', 'a') });
    const base = await backUp(repository, source().uri, 'bank', []);
    const before = await rowsNow();
    await from.withSession(async (session) => {
      session.startTransaction();
      await db.collection<Row>('made within').insertMany([{ _id: 1 }, { _id: 2 }], { session });
      for (let n = 0; n < 5; n++) await db.collection<Row>('a').updateOne({ _id: n as never }, { $inc: { n: 1 } }, { session });
      await db.collection<Row>('a').insertOne({ _id: 'long', n: 1 }, { session });
      await session.commitTransaction();
    });
    const chained = await rowsNow();
    // An image of a moment between two entries of the transaction is the same as one before it.
    const begun = (await from
      .db('local')
      .collection('oplog.rs')
      .findOne({ 'o.partialTxn': true, ts: { $gt: toTimestamp(base.clusterTime) } }))!;
    const midst = { ...base, backupId: 'midst', clusterTime: fromTimestamp(begun['ts']) };
    await (await repository.beginWrite()).commit(midst);
    const kept = await prepare(from, async (session) => {
      await db.collection<Row>('a').updateOne({ _id: 5 as never }, { $inc: { n: 10 } }, { session });
      await db.collection<Row>('a').insertOne({ _id: 'prepared' }, { session });
      await db.collection<Row>('a').deleteOne({ _id: 0 as never }, { session });
    });
    const aborted = await prepare(from, (session) => db.collection<Row>('a').deleteOne({ _id: 7 as never }, { session }));
    await db.collection<Row>('a').updateOne({ _id: 6 as never }, { $set: { n: 6 } });
    const waiting = await rowsNow();
    await kept.commit();
    await aborted.abort();
    const operations = [
      { op: 'd', ns: 'bank.a', o: { _id: 7 } },
      { op: 'i', ns: 'bank.a', o: { _id: 'by hand' } },
    ];
    await db.admin().command({ applyOps: operations });
    const end = await rowsNow();
    const open = await prepare(from, (session) => db.collection<Row>('a').deleteOne({ _id: 5 as never }, { session }));
    const later = await moment(from);
    await open.commit();
    expect([before, chained, waiting, end].map((at) => at.rows.length)).toEqual([8, 9, 9, 9]);
    const selection = part({ databases: [named('bank')] });
    for (const [from, point, wanted] of [
      [base, midst.clusterTime, before.rows],
      [base, chained.time, chained.rows],
      [midst, waiting.time, waiting.rows],
      [base, later, end.rows],
    ] as const) {
      await restored(from, point, { selection });
      expect(await rows(to, 'bank', 'a')).toEqual(wanted);
      expect(await rows(to, 'bank', 'made within')).toEqual(wanted === before.rows ? [] : [{ _id: 1 }, { _id: 2 }]);
    }
  });

  it('R7: follows collections into and out of what is restored, and takes of transactions what belongs to it', async () => {
    const [one, other] = [from.db('one'), from.db('other')];
    for (const name of ['stays', 'leaves', 'stays not']) await one.collection<Row>(name).insertOne({ _id: 1, name });
    await other.collection<Row>('comes').insertOne({ _id: 1, name: 'comes' });
    const base = await backUp(repository, source().uri, 'two', []);
    await other.collection<Row>('comes').insertOne({ _id: 2, name: 'before it came' });
    await from.db('admin').command({ renameCollection: 'other.comes', to: 'one.came' });
    await one.collection<Row>('came').insertOne({ _id: 3, name: 'after it came' });
    await from.db('admin').command({ renameCollection: 'one.leaves', to: 'other.left' });
    await one.collection<Row>('stays not').drop();
    await from.withSession(async (session) => {
      session.startTransaction();
      await one.collection<Row>('stays').insertOne({ _id: 2, name: 'of both' }, { session });
      await other.collection<Row>('left').insertOne({ _id: 2, name: 'of both' }, { session });
      await session.commitTransaction();
    });
    const end = await moment(from);
    const summary = await restored(base, end, { selection: part({ databases: [named('one', 'copy')] }) });
    const names = await to.db('copy').listCollections({}, { nameOnly: true }).toArray();
    expect(names.map(({ name }) => name).toSorted()).toEqual(['came', 'stays']);
    expect(await rows(to, 'copy', 'came')).toEqual(await rows(from, 'one', 'came'));
    expect(await rows(to, 'copy', 'stays')).toEqual(await rows(from, 'one', 'stays'));
    expect(summary.notes).toEqual([expect.stringContaining('transactions')]);
    // By the name that it has at that point, and not by one that only begins the same.
    const selection = part({ collections: [named('other.left', 'other.left_then')] });
    await restored(base, end, { selection });
    expect(await rows(to, 'other', 'left_then')).toEqual(await rows(from, 'other', 'left'));
    await expect(restored(base, end, { selection: part({ collections: [named('one.leaves')] }) })).rejects.toMatchObject({
      code: 'invalid-selection',
    });
  });

  it('R3: goes on after it was stopped in the middle, and after the target was killed there', async () => {
    const db = from.db('busy');
    await db.createCollection('log', { capped: true, size: 100_000 });
    const base = await backUp(repository, source().uri, 'busy', []);
    for (let round = 0; round < 20; round++) {
      const many = Array.from({ length: 100 }, (_, n) => ({ _id: round * 60 + n, round, text: 'x'.repeat(200) }));
      await db
        .collection<Row>('rows')
        .insertMany(many, { ordered: false })
        .catch(() => undefined);
      await db
        .collection<Row>('rows')
        .updateMany({ _id: { $mod: [7, round % 7] } } as never, { $push: { list: round } } as never);
      await db.collection<Row>('rows').deleteMany({ _id: { $mod: [13, round % 13] } } as never);
      await db.collection('log').insertMany([{ round }, { round: -round }]);
    }
    const end = await moment(from);
    const wanted = (await userState(from))['busy'];
    const options = { selection: part({ databases: [named('busy')] }), replayWindowBytes: 30_000, restoreId: 'again' };
    const stop = new AbortController();
    const stopped = restored(base, end, { ...options, signal: stop.signal, report: whenReplayed(4, () => stop.abort()) });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled', details: { untouched: true } });
    expect(await to.db('busy').collection('rows').countDocuments()).toBe(0);
    const [member] = target().members;
    const killed: Promise<void>[] = [];
    const kill = (): void => {
      killed.push(member!.kill().then(() => member!.restart()));
    };
    await restored(base, end, { ...options, report: whenReplayed(6, kill) });
    await Promise.all(killed);
    expect(killed).toHaveLength(1);
    expect((await userState(to))['busy']).toEqual(wanted);

    // It goes on where it was, instead of beginning again: in the same collection, and with the writes that are left.
    const busy = to.db('busy');
    const writes = async (): Promise<number> => {
      const { insert, update, delete: deleted } = (await to.db('admin').command({ serverStatus: 1 }))['opcounters'];
      return Number(insert) + Number(update) + Number(deleted);
    };
    const writesOf = async (work: Promise<unknown>): Promise<number> => {
      const before = await writes();
      await work;
      return (await writes()) - before;
    };
    let reports = 0;
    const counting = ({ phase }: { phase: string }): void => void (reports += phase === 'replaying' ? 1 : 0);
    const all = await writesOf(restored(base, end, { ...options, restoreId: 'whole', report: counting }));
    const late = new AbortController();
    const report = whenReplayed(Math.floor(reports * 0.75), () => late.abort());
    const again = { ...options, restoreId: 'late' };
    await expect(restored(base, end, { ...again, signal: late.signal, report })).rejects.toMatchObject({ code: 'cancelled' });
    const uuidOf = async (filter: Document): Promise<string> => {
      const [found] = await busy.listCollections(filter, { nameOnly: false }).toArray();
      return String(found?.info?.uuid);
    };
    const staged = await uuidOf({ name: /^larder\.restoring\./, 'options.capped': { $ne: true } });
    expect(await writesOf(restored(base, end, again))).toBeLessThan(all / 2);
    expect(await uuidOf({ name: 'rows' })).toBe(staged);
    expect((await userState(to))['busy']).toEqual(wanted);
  });

  it('R4: several moments come together or not at all, and beside what is there; what was begun is gone on with', async () => {
    const db = from.db('times');
    const set = (n: number) => db.collection<Row>('rows').updateMany({}, { $set: { n } });
    await db.collection<Row>('rows').insertMany([{ _id: 1 }, { _id: 2 }]);
    await db.createCollection('series', { timeseries: { timeField: 't' } });
    const base = await backUp(repository, source().uri, 'times', []);
    await set(1);
    await db.collection('series').insertOne({ t: new Date(1e12), v: 1 });
    const first = { time: await moment(from), rows: await rows(from, 'times', 'rows') };
    await set(2);
    await from.db('admin').command({ renameCollection: 'times.rows', to: 'times.moved' });
    await db.createCollection('view', { viewOn: 'moved', pipeline: [] });
    const second = { time: await moment(from), rows: await rows(from, 'times', 'moved') };
    await archiveOplog(repository, from);
    const leg = (time: ClusterTime, names: Record<string, string>) => ({
      backupId: base.backupId,
      pointInTime: pointInTime(time, [base]),
      selection: part({ collections: Object.entries(names).map(([name, to]) => named(`times.${name}`, `times.${to}`)) }),
    });
    const legs = [leg(first.time, { rows: 'then', series: 'series then' }), leg(second.time, { moved: 'later', view: 'sight' })];
    const there = async () => {
      const all = await to.db('times').listCollections({}, { nameOnly: true }).toArray();
      return all
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('system.'))
        .toSorted();
    };
    await to.db('times').collection<Row>('own').insertOne({ _id: 0 });

    // Somebody takes a name when all is ready but for the last step.
    const meanwhile = to.db('times').collection<Row>('later');
    const taking: Promise<unknown>[] = [];
    const take = ({ phase }: { phase: string }): void => {
      if (phase === 'finishing' && taking.length === 0) taking.push(meanwhile.insertOne({ _id: 'own' }));
    };
    const fail = (mode: object | string, data = {}) => to.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
    const slowly = { failCommands: ['renameCollection'], blockConnection: true, blockTimeMS: 1_500 };
    await fail({ times: 1 }, slowly);
    const failing = restoreLegs(repository, target().uri, legs, false, { report: take });
    await expect(failing).rejects.toMatchObject({ code: 'target-not-empty', message: expect.stringContaining('times.later') });
    await Promise.all(taking);
    expect(await rows(to, 'times', 'later')).toEqual([{ _id: 'own' }]);
    expect(await there()).toEqual(['later', 'own']);
    await meanwhile.drop();

    // Stopped between two renames: the next try takes what the first one placed for its own.
    await fail({ skip: 1 }, slowly);
    const stop = new AbortController();
    const options = { restoreId: 'several', signal: stop.signal };
    const stopped = restoreLegs(repository, target().uri, legs, false, options).catch((error: unknown) => error);
    await until(async () => (await there()).includes('then'), { what: 'the first rename' });
    stop.abort();
    expect(await stopped).toMatchObject({ code: 'cancelled', details: { untouched: false } });
    await fail('off');
    const summary = await restoreLegs(repository, target().uri, legs, false, { restoreId: 'several' });
    expect(summary.replayed.map(({ point }) => point.t)).toEqual([first.time.t, second.time.t]);
    expect(await rows(to, 'times', 'then')).toEqual(first.rows);
    expect(await rows(to, 'times', 'later')).toEqual(second.rows);
    expect(await rows(to, 'times', 'series then')).toMatchObject([{ v: 1 }]);
    expect(await there()).toEqual(['later', 'own', 'series then', 'sight', 'then']);
    // Not even its own work is overwritten by another restore.
    await expect(restoreLegs(repository, target().uri, legs, false)).rejects.toMatchObject({ code: 'target-not-empty' });
    const twice = [leg(first.time, { rows: 'one' }), leg(second.time, { moved: 'one' })];
    await expect(restoreLegs(repository, target().uri, twice, false)).rejects.toMatchObject({ code: 'invalid-selection' });
  });

  it('E3: stops where image and oplog contradict each other, and leaves the target as it was', async () => {
    const db = from.db('torn');
    await db.collection<Row>('rows').insertMany([{ _id: 1 }, { _id: 2 }]);
    const base = await backUp(repository, source().uri, 'torn', []);
    await db.collection<Row>('rows').updateOne({ _id: 2 as never }, { $set: { n: 1 } });
    const end = await moment(from);
    await archiveOplog(repository, from);
    // A backup that does not hold what the oplog changes.
    const writer = await repository.beginWrite();
    const torn = base.collections.map((image) => (image.db === 'torn' ? { ...image, layers: [] } : image));
    await writer.commit({ ...base, backupId: 'torn-apart', collections: torn });
    const selection = part({ databases: [named('torn')] });
    const restoring = restoreTo(repository, target().uri, 'torn-apart', true, {
      selection,
      pointInTime: pointInTime(end, [base]),
    });
    await expect(restoring).rejects.toMatchObject({ code: 'image-mismatch', details: { namespace: 'torn.rows' } });
    expect((await to.db('torn').listCollections().toArray()).map(({ name }) => name)).toEqual([]);
  });

  it('byte by byte, at 20 points noted while seeded clients write, define, drop and rename', async () => {
    const seeds = [1, 2];
    const verdict = await consultPointOracle({ source: source().uri, target: target().uri, seeds, rounds: 10, operations: 40 });
    expect(verdict.points).toBe(20);
    // What is there at every point, however few operations others were done: slots, log, series and views of each seed.
    expect(verdict.compared).toBeGreaterThan(50);
  });
});

type Row = Document & { _id: unknown };

/** State of everything but `admin`, which holds what is each server's own. */
async function userState(client: MongoClient): Promise<Record<string, unknown>> {
  const { admin: _, ...others } = await instanceState(client);
  return others;
}

/** Calls `act` once, when the replay has told so many times how far it is. */
function whenReplayed(times: number, act: () => void): (progress: { phase: string }) => void {
  let told = 0;
  return ({ phase }) => {
    if (phase === 'replaying' && ++told === times) act();
  };
}
