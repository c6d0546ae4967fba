import { MongoClient, type Timestamp } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { compareClusterTime, type ClusterTime } from '../../src/core/image.ts';
import { fromTimestamp } from '../../src/mongo/cluster-time.ts';
import { majorityOpTime } from '../../src/mongo/members.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { gatedRepository } from '../fixtures/gated-repository.ts';
import { holdable, holdReads } from '../fixtures/hold-server.ts';
import { electOneOf, replicaSet, startTestSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

const signal = new AbortController().signal;

describe('an oplog that is too small', () => {
  // The oplog is cut at a checkpoint: one a second.
  const set = replicaSet({ members: 1, oplogMb: 4, extraArguments: ['--syncdelay', '1', ...holdable] });

  const written = 'x'.repeat(100_000);
  const fillerOf = (client: MongoClient) => client.db('filler').collection<{ _id: number }>('f');
  /** A quarter of what the oplog holds. */
  const fill = (client: MongoClient): Promise<unknown> =>
    fillerOf(client).updateMany({ _id: { $lt: 10 } }, { $set: { text: `${written}${Math.round(performance.now())}` } });
  /** Not by `find`, which may be held. */
  const oldestIn = async (client: MongoClient): Promise<number> => {
    const [oldest] = await client
      .db('local')
      .collection('oplog.rs')
      .aggregate([{ $limit: 1 }])
      .toArray();
    return oldest?.['ts'].getHighBitsUnsigned() as number;
  };

  /** The latest time up to which anybody has read the oplog, as the server's profile tells. */
  const followedTo = async (client: MongoClient): Promise<ClusterTime> => {
    const reads = await client.db('local').collection('system.profile').find({ op: 'query', ns: 'local.oplog.rs' }).toArray();
    const times = reads.map(({ command }) => command.filter?.ts?.$lte as Timestamp | undefined).filter((ts) => ts !== undefined);
    return times.map(fromTimestamp).toSorted(compareClusterTime).at(-1) ?? { t: 0, i: 0 };
  };

  /** Writes until the oplog begins after `seconds`. */
  async function rollOver(client: MongoClient, seconds: number): Promise<void> {
    await until(
      async () => {
        await fill(client);
        return (await oldestIn(client)) > seconds;
      },
      { what: 'the oplog to roll over' },
    );
  }

  /** The same while whoever would read it is held. */
  async function rollOverUnseen(client: MongoClient): Promise<void> {
    await using _held = await holdReads(client, 'local.oplog.rs');
    await rollOver(client, (await majorityOpTime(client, signal)).t);
  }

  async function prepare(client: MongoClient): Promise<ProjectRepository> {
    await client.db('kept').dropDatabase();
    await client
      .db('kept')
      .collection<{ _id: number }>('c')
      .insertMany(Array.from({ length: 3000 }, (_, n) => ({ _id: n, n })));
    await fillerOf(client).deleteMany({});
    await fillerOf(client).insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: n })));
    return testRepository();
  }

  it('O2, O5: rolls over between two backups: everything is scanned, and the backup says so', async () => {
    await using client = new MongoClient(set().uri);
    const repository = await prepare(client);
    const first = await backUp(repository, set().uri, 'first', []);
    expect(first.notes).toEqual([]);
    await rollOver(client, first.clusterTime.t);
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second).toMatchObject({ baseBackupId: null, notes: [expect.stringMatching('everything was scanned')] });
    expect(await compareWithSource(client, repository, second, { isStill: true })).toBeGreaterThan(1);
    const third = await backUp(repository, set().uri, 'third', ['second', 'first']);
    expect(third.baseBackupId).toBe('second');
  });

  it('O5: rolls over under a scan that takes long: it is followed meanwhile, and nothing is scanned twice', async () => {
    await using client = new MongoClient(set().uri);
    const local = client.db('local');
    await local.command({ profile: 2 });
    let scans = 0;
    const held = async (): Promise<void> => {
      scans++;
      await client
        .db('kept')
        .collection<{ _id: number }>('c')
        .updateMany({ _id: { $lt: 5 } }, { $set: { during: 1 } });
      const begun = await majorityOpTime(client, signal);
      await until(
        async () => {
          await fill(client);
          // So much fits beside what has not been followed yet.
          const filled = await majorityOpTime(client, signal);
          await until(async () => compareClusterTime(await followedTo(client), filled) >= 0, {
            what: 'the oplog to be followed',
          });
          return (await oldestIn(client)) > begun.t;
        },
        { what: 'the oplog to roll over' },
      );
    };
    const repository = gatedRepository(await prepare(client), {
      before: (_batch, { kind, batches }) => (kind === 'scan' && batches === 1 ? held() : undefined),
    });
    const manifest = await backUp(repository, set().uri, 'slow', []).finally(() => local.command({ profile: 0 }));
    expect(scans).toBe(1);
    expect(manifest.notes).toEqual([]);
    expect(await compareWithSource(client, repository, manifest, { isStill: true })).toBeGreaterThan(1);
  });

  it('O5: rolls over while nobody follows it: everything is scanned again, and the backup says so', async () => {
    await using client = new MongoClient(set().uri);
    let scans = 0;
    const repository = gatedRepository(await prepare(client), {
      before: async (_batch, { kind, batches }) => {
        if (kind !== 'scan' || batches !== 1 || ++scans > 1) return;
        await client
          .db('kept')
          .collection<{ _id: number }>('c')
          .updateMany({ _id: { $lt: 5 } }, { $set: { during: 1 } });
        await rollOverUnseen(client);
      },
    });
    const manifest = await backUp(repository, set().uri, 'again', []);
    expect(scans).toBe(2);
    const told = 'rolled over while collections were scanned; everything was scanned again';
    expect(manifest.notes).toEqual([expect.stringMatching(told)]);
    expect(await compareWithSource(client, repository, manifest, { isStill: true })).toBeGreaterThan(1);
  });

  it('O5: rolls over under every scan: the backup fails, and says why', async () => {
    await using client = new MongoClient(set().uri);
    let scans = 0;
    const repository = gatedRepository(await prepare(client), {
      before: async (_batch, { kind, batches }) => {
        if (kind !== 'scan' || batches !== 1) return;
        scans++;
        await rollOverUnseen(client);
      },
    });
    await expect(backUp(repository, set().uri, 'never', [])).rejects.toMatchObject({
      code: 'capture-failed',
      message: expect.stringMatching('too small for this workload'),
    });
    expect(scans).toBe(3);
    expect(await Array.fromAsync(repository.listManifestIds())).toEqual([]);
  });
});

describe('writes that are rolled back', () => {
  it('O3: never come into a backup, and the next one still builds on the one before', async () => {
    await using set = await startTestSet({ electionTimeoutMs: 60_000 });
    await using client = new MongoClient(set.uri);
    const repository = await testRepository();
    const collection = client.db('votes').collection<{ _id: string }>('c');
    await collection.insertOne({ _id: 'before' }, { writeConcern: { w: 3 } });
    await backUp(repository, set.uri, 'first', []);

    const isolated = await set.primary();
    const rest = set.members.filter((member) => member !== isolated);
    for (const member of rest) await member.kill();
    // For a minute it believes to be primary still.
    await collection.insertOne({ _id: 'lost' }, { writeConcern: { w: 1, journal: true } });
    await client.db('votes').command({ create: 'lost too', writeConcern: { w: 1 } });
    await isolated.kill();
    for (const member of rest) await member.restart();
    await electOneOf(rest);
    await until(() => collection.insertOne({ _id: 'after' }, { writeConcern: { w: 'majority' } }), {
      what: 'a write after the election',
    });
    await isolated.restart();
    await set.healthy();
    await using direct = new MongoClient(`mongodb://127.0.0.1:${isolated.port}/?directConnection=true`);
    await until(async () => (await direct.db('votes').collection<{ _id: string }>('c').distinct('_id')).includes('after'), {
      what: 'the member that comes back to have what was written without it',
    });

    const second = await backUp(repository, set.uri, 'second', ['first']);
    expect(second.baseBackupId).toBe('first');
    const image = second.collections.filter(({ db }) => db === 'votes');
    expect(image.map(({ name, documents }) => ({ name, documents }))).toEqual([{ name: 'c', documents: 2 }]);
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);
  });
});
