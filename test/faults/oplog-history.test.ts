import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { electOneOf, replicaSet, startTestSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

describe('an oplog that is too small', () => {
  // The oplog is cut at a checkpoint: one a second.
  const set = replicaSet({ members: 1, oplogMb: 4, extraArguments: ['--syncdelay', '1'] });

  /** Writes until the oplog begins after `seconds`. */
  async function rollOver(client: MongoClient, seconds: number): Promise<void> {
    const filler = client.db('filler').collection<{ _id: number }>('f');
    const text = 'x'.repeat(100_000);
    await until(
      async () => {
        await filler.updateMany({ _id: { $lt: 20 } }, { $set: { text: `${text}${Math.round(performance.now())}` } });
        const oldest = await client
          .db('local')
          .collection('oplog.rs')
          .findOne({}, { sort: { $natural: 1 } });
        return (oldest?.['ts'].getHighBitsUnsigned() as number) > seconds;
      },
      { what: 'the oplog to roll over' },
    );
  }

  it('O2, O5: rolls over between two backups: everything is scanned, and the backup says so', async () => {
    await using client = new MongoClient(set().uri);
    const repository = await testRepository();
    await client
      .db('kept')
      .collection('c')
      .insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
    await client
      .db('filler')
      .collection<{ _id: number }>('f')
      .insertMany(Array.from({ length: 20 }, (_, n) => ({ _id: n })));
    const first = await backUp(repository, set().uri, 'first', []);
    expect(first.notes).toEqual([]);
    await rollOver(client, first.clusterTime.t);
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second).toMatchObject({ baseBackupId: null, notes: [expect.stringMatching('everything was scanned')] });
    expect(await compareWithSource(client, repository, second, { isStill: true })).toBeGreaterThan(1);
    const third = await backUp(repository, set().uri, 'third', ['second', 'first']);
    expect(third.baseBackupId).toBe('second');
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
