import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient, Timestamp, type Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { compareClusterTime, type ClusterTime } from '../../src/core/image.ts';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import { fromTimestamp, toTimestamp } from '../../src/mongo/cluster-time.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { OpenedRepository } from '../../src/repository/open-repository.ts';
import { documentsOf } from '../repository/sample.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { follow, followed } from '../fixtures/follow.ts';
import { electOneOf, replicaSet, startTestSet } from '../fixtures/replica-set.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { testRepository } from '../fixtures/test-repository.ts';
import { until } from '../fixtures/until.ts';

/** Raw entries of timeline `number`, by point. */
async function archived(repository: OpenedRepository, number = 1): Promise<Map<string, Buffer>> {
  const archive = followed(repository);
  const reader = await archive.open(number);
  const entries = new Map<string, Buffer>();
  for (const { after, to } of reader.stretches)
    for await (const batch of reader.entries(after, to))
      for (const entry of documentsOf(batch)) entries.set(formatPoint(pointOf(entry)), entry);
  return entries;
}

const never = new AbortController().signal;

const pointOf = (entry: Buffer): ClusterTime => {
  const at = entry.indexOf('\x11ts\0', 0, 'latin1') + 4;
  return { i: entry.readUInt32LE(at), t: entry.readUInt32LE(at + 4) };
};

/** Resolves once everything written before the call is archived in the newest timeline. */
async function archivedUpToNow(repository: OpenedRepository, client: MongoClient): Promise<void> {
  const { operationTime } = await client
    .db('admin')
    .command({ appendOplogNote: 1, data: { look: 1 }, writeConcern: { w: 'majority' } });
  const now = fromTimestamp(operationTime as Timestamp);
  await until(async () => compareClusterTime((await followed(repository).stretches()).at(-1)?.to ?? { t: 0, i: 0 }, now) >= 0, {
    what: 'the archive to come up to now',
  });
}

const isInserted = (entries: ReadonlyMap<string, Buffer>, id: string): boolean =>
  [...entries.values()].some((entry) => entry.includes(id, 0, 'latin1'));

describe('a followed replica set of one member', () => {
  const set = replicaSet({
    members: 1,
    oplogMb: 990,
    // Nobody writes but the test, however long it takes.
    extraArguments: ['--setParameter', 'disableLogicalSessionCacheRefresh=true'],
  });

  it('O7, O9, O10: has every entry archived byte for byte, one of 16 MiB and chained transactions included', async () => {
    const repository = await testRepository();
    await using client = new MongoClient(set().uri);
    await using following = follow(repository, set().uri, { segmentBytes: 64 * 1024 });
    await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
    const c = client.db('shop').collection<{ _id: string } & Document>('c');
    await c.insertMany(Array.from({ length: 500 }, (_, n) => ({ _id: `n${n}`, text: 'x'.repeat(500) })));
    const large = 'x'.repeat(16 * 1024 * 1024 - 100);
    await c.insertOne({ _id: 'large', text: large });
    await client.withSession((session) =>
      session.withTransaction(async () => {
        for (let n = 0; n < 20; n++) await c.insertOne({ _id: `t${n}` }, { session });
      }),
    );
    await archivedUpToNow(repository, client);
    const { after } = (await followed(repository).stretches())[0]!;
    const entries = await archived(repository);
    const source = client.db('local').collection('oplog.rs', { raw: true });
    const points = [...entries.keys()];
    const last = points.at(-1)!.split(':').map(Number) as [number, number];
    const range = { ts: { $gt: toTimestamp(after), $lte: new Timestamp({ t: last[0], i: last[1] }) } };
    let compared = 0;
    for await (const entry of source.find(range)) {
      const bytes = entry as unknown as Buffer;
      expect(entries.get(formatPoint(pointOf(bytes)))?.equals(bytes)).toBe(true);
      compared++;
    }
    expect(compared).toBe(entries.size);
    expect(compared).toBeGreaterThan(500);
    // Cut where they are full, and every one is contiguous with the one before.
    const segments = await Array.fromAsync(followed(repository).segments(1));
    expect(segments.length).toBeGreaterThan(4);
    expect((await followed(repository).stretches()).length).toBe(1);
  });

  it('O6: an idle source advances by its no-ops, and a new follower goes on where the one before ended', async () => {
    const repository = await testRepository();
    await using client = new MongoClient(set().uri);
    {
      await using following = follow(repository, set().uri);
      await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
      await archivedUpToNow(repository, client);
    }
    await client.db('shop').collection<{ _id: string }>('c').insertOne({ _id: 'while nobody follows' });
    const clock = movableClock(systemClock.now().toISOString());
    await using following = follow(repository, set().uri, { clock });
    await until(async () => isInserted(await archived(repository), 'while nobody follows'), {
      what: 'what was written while nobody followed',
    });
    const newest = async () => (await followed(repository).stretches()).at(-1)!.to;
    const stored = await newest();
    // Nobody writes: the server notes every ten seconds that it is there. That is read, and stored only now and then.
    await until(async () => (await majorityOpTime(client, never)).t > stored.t, { what: 'a note of the idle server' });
    const looks = () => following.reports.filter(({ kind }) => kind === 'looked').length;
    const seen = looks();
    await until(() => looks() > seen + 2, { what: 'three more rounds of the follower' });
    expect(await newest()).toEqual(stored);
    expect(following.reports.at(-1)).toMatchObject({ kind: 'looked', sourceSeconds: stored.t });
    clock.moveBy(6 * 200);
    await until(async () => (await newest()).t > stored.t, { what: 'the note to be stored' });
    expect(await followed(repository).timelines()).toHaveLength(1);
    expect(isInserted(await archived(repository), 'while nobody follows')).toBe(true);
  });

  it('R10, E20: a restore, or an entry that nothing can replay, ends a timeline; the old one stays', async () => {
    const repository = await testRepository();
    await using client = new MongoClient(set().uri);
    await using following = follow(repository, set().uri);
    await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
    await archivedUpToNow(repository, client);
    following.order({ restoredAt: systemClock.now().toISOString() });
    await until(async () => (await followed(repository).timelines()).length === 2, { what: 'the timeline after the restore' });
    await archivedUpToNow(repository, client);
    await client.db('admin').command({ setFeatureCompatibilityVersion: '5.0' });
    await until(async () => (await followed(repository).timelines()).at(-1)?.gap?.cause === 'not-replayable', {
      what: 'the timeline after what cannot be replayed',
    });
    const timelines = await followed(repository).timelines();
    expect(timelines[1]?.gap).toMatchObject({ cause: 'restored' });
    expect(timelines[2]?.gap?.detail).toContain('feature compatibility version');
    expect((await followed(repository).stretches()).some(({ timeline }) => timeline === 1)).toBe(true);
    await client.db('admin').command({ setFeatureCompatibilityVersion: '6.0' });
    await archivedUpToNow(repository, client);
    const ring = client.db('ring');
    await ring.createCollection('c', { capped: true, size: 1 << 20 });
    const before = (await followed(repository).timelines()).length;
    await ring.command({ collMod: 'c', cappedMax: 10 });
    await until(async () => (await followed(repository).timelines()).length > before, {
      what: 'the timeline after the new size',
    });
    expect((await followed(repository).timelines()).at(-1)?.gap).toMatchObject({
      cause: 'not-replayable',
      detail: expect.stringContaining('collMod of cappedMax'),
    });
  });
});

describe('a followed replica set whose data was put back to an older state', () => {
  it('O2, O3: what was archived and is history no more is a gap with its cause, and stays in a range of its own', async () => {
    await using set = await startTestSet({ members: 1 });
    const [member] = set.members;
    const repository = await testRepository();
    await using client = new MongoClient(set.uri);
    const c = client.db('shop').collection<{ _id: string }>('c');
    await c.insertOne({ _id: 'kept' }, { writeConcern: { w: 'majority', journal: true } });
    await member!.kill();
    await using copy = await temporaryFolder();
    await cp(member!.dataFolder, join(copy.path, 'data'), { recursive: true });
    await member!.restart();
    await set.healthy();

    await using following = follow(repository, set.uri);
    await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
    await c.insertOne({ _id: 'lost' }, { writeConcern: { w: 'majority', journal: true } });
    await archivedUpToNow(repository, client);
    const [before] = await followed(repository).stretches();

    await member!.kill();
    await rm(member!.dataFolder, { recursive: true });
    await cp(join(copy.path, 'data'), member!.dataFolder, { recursive: true });
    await member!.restart();
    await set.healthy();
    await until(() => c.insertOne({ _id: 'in the gap' }, { writeConcern: { w: 'majority' } }), { what: 'a write after that' });
    await until(async () => (await followed(repository).timelines()).length === 2, { what: 'the timeline after the gap' });
    await c.insertOne({ _id: 'another' }, { writeConcern: { w: 'majority' } });
    await archivedUpToNow(repository, client);

    const [, second] = await followed(repository).timelines();
    expect(second?.gap).toMatchObject({ cause: 'rolled-back', detail: expect.stringContaining('its history is another') });
    expect(second!.gap!.after).toMatchObject({ term: before!.to.term });
    const [first, next] = [await archived(repository, 1), await archived(repository, 2)];
    expect([isInserted(first, 'lost'), isInserted(first, 'another')]).toEqual([true, false]);
    expect([isInserted(next, 'lost'), isInserted(next, 'another')]).toEqual([false, true]);
    expect((await followed(repository).stretches()).map(({ timeline }) => timeline)).toEqual([1, 2]);
  });
});

describe('a followed replica set whose oplog is too small', () => {
  const set = replicaSet({ members: 1, oplogMb: 4, extraArguments: ['--syncdelay', '1'] });

  it('O2, O5: an oplog that rolled over is a gap with its cause, and history goes on after it', async () => {
    const repository = await testRepository();
    await using client = new MongoClient(set().uri);
    {
      await using following = follow(repository, set().uri);
      await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
      await archivedUpToNow(repository, client);
    }
    const [before] = await followed(repository).stretches();
    const filler = client.db('filler').collection<{ _id: number }>('f');
    await filler.insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: n })));
    const text = 'x'.repeat(100_000);
    await until(
      async () => {
        await filler.updateMany({}, { $set: { text: `${text}${Math.round(performance.now())}` } });
        const oldest = await client
          .db('local')
          .collection('oplog.rs')
          .findOne({}, { sort: { $natural: 1 } });
        return fromTimestamp(oldest!['ts']).t > before!.to.t;
      },
      { what: 'the oplog to roll over' },
    );
    await using following = follow(repository, set().uri);
    await until(() => following.reports.some(({ kind }) => kind === 'begun'), { what: 'the timeline after the gap' });
    const [, second] = await followed(repository).timelines();
    expect(second?.gap).toMatchObject({ cause: 'rolled-over', after: before!.to });
    await archivedUpToNow(repository, client);
    expect((await followed(repository).stretches()).map(({ timeline }) => timeline)).toEqual([1, 2]);
  });
});

describe('a followed replica set of three members', () => {
  it('O2, O3: step-down, a lost member and a rollback leave no gap and nothing that was rolled back', async () => {
    await using set = await startTestSet({ electionTimeoutMs: 60_000 });
    const repository = await testRepository();
    await using client = new MongoClient(set.uri);
    const c = client.db('votes').collection<{ _id: string }>('c');
    await c.insertOne({ _id: 'first' }, { writeConcern: { w: 3 } });
    await using following = follow(repository, set.uri);
    await until(() => following.reports.some(({ kind }) => kind === 'looked'), { what: 'the first round of the follower' });
    await client.db('admin').command({ replSetStepDown: 30, secondaryCatchUpPeriodSecs: 30 });
    await until(() => c.insertOne({ _id: 'after step-down' }, { writeConcern: { w: 'majority' } }), {
      what: 'a write after the step-down',
    });
    await set.healthy();
    await archivedUpToNow(repository, client);

    const isolated = await set.primary();
    const rest = set.members.filter((member) => member !== isolated);
    for (const member of rest) await member.kill();
    await c.insertOne({ _id: 'uncommitted' }, { writeConcern: { w: 1, journal: true } });
    await isolated.kill();
    for (const member of rest) await member.restart();
    await electOneOf(rest);
    await until(() => c.insertOne({ _id: 'after' }, { writeConcern: { w: 'majority' } }), { what: 'a write after the election' });
    await isolated.restart();
    await set.healthy();
    await archivedUpToNow(repository, client);

    expect(await followed(repository).timelines()).toHaveLength(1);
    const entries = await archived(repository);
    expect(['after step-down', 'uncommitted', 'after'].map((id) => isInserted(entries, `\0${id}\0`))).toEqual([
      true,
      false,
      true,
    ]);
  });
});
