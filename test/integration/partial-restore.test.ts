import { serialize } from 'bson';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeBackup, type RestoreSelection } from '../../src/core/restore-selection.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { until } from '../fixtures/until.ts';

interface DatabaseState {
  readonly hashes: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, { readonly indexes: Document[] }>>;
}

const whole = { databases: [], collections: [], users: false };
const named = (name: string, newName: string | null = null) => ({ name, newName });

/** Everything of the user's; what a restore keeps beside it is left out. */
async function userState(client: MongoClient): Promise<Record<string, DatabaseState>> {
  const state = (await instanceState(client)) as Record<string, DatabaseState>;
  const own = ([name]: [string, unknown]): boolean => !name.startsWith('larder.');
  return Object.fromEntries(
    Object.entries(state).map(([db, { hashes, definitions }]) => [
      db,
      {
        hashes: Object.fromEntries(Object.entries(hashes).filter(own)),
        definitions: Object.fromEntries(Object.entries(definitions).filter(own)),
      },
    ]),
  );
}

/** The server keeps the database's name in each document of `system.views`; definitions are compared by themselves. */
function dataOf(state: DatabaseState | undefined): Record<string, string> {
  const { 'system.views': _, ...hashes } = state!.hashes;
  return hashes;
}

async function leftovers(client: MongoClient): Promise<readonly string[]> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  const names = await Promise.all(
    (databases as { name: string }[]).map(({ name }) =>
      client
        .db(name)
        .listCollections({ name: /^larder\./ }, { nameOnly: true })
        .toArray(),
    ),
  );
  return names.flat().map(({ name }) => name);
}

describe('a restore', () => {
  const set = replicaSet({ members: 1, extraArguments: ['--setParameter', 'ttlMonitorSleepSecs=1'] });
  let repository: ProjectRepository;
  let client: MongoClient;
  let before: Record<string, DatabaseState>;
  const restored = (selection: Partial<RestoreSelection>, overwrite = false, backup = 'zoo') =>
    restoreTo(repository, set().uri, backup, overwrite, { selection: { ...whole, ...selection } });
  const inserts = async (): Promise<number> =>
    Number((await client.db('admin').command({ serverStatus: 1 }))['opcounters'].insert);

  beforeAll(async () => {
    repository = await testRepository();
    client = new MongoClient(set().uri);
    await makeZoo(client);
    before = await userState(client);
    await backUp(repository, set().uri, 'zoo', []);
  });
  afterAll(() => client.close());

  it('R4: of a database under a new name brings all of it and touches nothing else', async () => {
    const summary = await restored({ databases: [named('zoo', 'park')] });
    expect(summary.verified).toBe(true);
    const { park, ...others } = await userState(client);
    expect(others).toEqual(before);
    expect(dataOf(park)).toEqual(dataOf(before['zoo']));
    expect(park!.definitions).toEqual(before['zoo']!.definitions);
    expect(await leftovers(client)).toEqual([]);
  });

  it('R2: of collections replaces exactly these, only when told so', async () => {
    const park = client.db('park');
    await park.collection('indexed').deleteMany({ n: { $lt: 100 } });
    await park.collection('series').drop();
    await park.collection<{ name: string }>('Case').updateOne({}, { $set: { name: 'changed' } });
    const damaged = (await userState(client))['park']!;
    const collections = [named('zoo.indexed', 'park.indexed'), named('zoo.series', 'park.series')];
    const refused = { code: 'target-not-empty', message: expect.stringContaining('would replace park.indexed.') };
    await expect(restored({ collections })).rejects.toMatchObject(refused);
    expect((await userState(client))['park']).toEqual(damaged);
    await restored({ collections }, true);
    const { park: after, ...others } = await userState(client);
    expect(others).toEqual(before);
    expect(dataOf(after)).toEqual({ ...dataOf(before['zoo']), Case: damaged.hashes['Case'] });
    expect(after!.definitions).toEqual(before['zoo']!.definitions);
    await park.dropDatabase();
  });

  it('R3, R4: that is stopped leaves everything as it was; tried again it goes on and sends nothing twice', async () => {
    await client.db('zoo').collection('indexed').drop();
    await client.db('zoo').collection('capped').insertOne({ n: 'newer' });
    const damaged = await userState(client);
    const stop = new AbortController();
    const report = ({ phase }: { phase: string }): void => {
      if (phase === 'finishing') stop.abort();
    };
    const stopped = restoreTo(repository, set().uri, 'zoo', true, { restoreId: 'one', signal: stop.signal, report });
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled', details: { untouched: true } });
    expect(await userState(client)).toEqual(damaged);
    expect(await leftovers(client)).not.toEqual([]);
    const counted = await inserts();
    const summary = await restoreTo(repository, set().uri, 'zoo', true, { restoreId: 'one' });
    // What cannot be renamed is made at the end: the buckets, which have to be sent, and the stored function.
    expect((await inserts()) - counted).toBeLessThan(200);
    expect(summary.documents).toBeGreaterThan(2000);
    expect(await userState(client)).toEqual(before);
    expect(await leftovers(client)).toEqual([]);
  });

  it('R3: asked for anew starts over, and removes what the one before left', async () => {
    const stop = new AbortController();
    const report = ({ phase }: { phase: string }): void => {
      if (phase === 'finishing') stop.abort();
    };
    const first = { restoreId: 'two', signal: stop.signal, report };
    await expect(restoreTo(repository, set().uri, 'zoo', true, first)).rejects.toMatchObject({ code: 'cancelled' });
    const counted = await inserts();
    await restored({ collections: [named('zoo.indexed')] }, true);
    expect((await inserts()) - counted).toBe(2000);
    expect(await leftovers(client)).toEqual([]);
    expect(await userState(client)).toEqual(before);
  });

  it('C3: with an index that the data forbids keeps the data, names the index and fails', async () => {
    const manifest = await repository.readManifest('zoo');
    const unique = { v: 2, key: { text: 1 }, name: 'impossible', unique: true };
    const collections = manifest.collections.map((image) =>
      image.db === 'zoo' && image.name === 'indexed'
        ? { ...image, indexes: [...image.indexes, Buffer.from(serialize(unique)).toString('base64')] }
        : image,
    );
    const writer = await repository.beginWrite();
    await writer.commit({ ...manifest, backupId: 'impossible', collections });
    await client
      .db('zoo')
      .collection('indexed')
      .deleteMany({ n: { $lt: 1000 } });
    await expect(restored({ collections: [named('zoo.indexed')] }, true, 'impossible')).rejects.toMatchObject({
      code: 'restore-failed',
      retryable: false,
      message: expect.stringMatching(/All data is restored.*impossible of zoo\.indexed \(.*duplicate key/),
    });
    expect(await userState(client)).toEqual(before);
    expect(await leftovers(client)).toEqual([]);
  });

  it('R1: brings documents that are past their time, says how many, and then lets them go', async () => {
    const admin = client.db('admin');
    const expiry = client.db('expiry');
    await admin.command({ setParameter: 1, ttlMonitorEnabled: false });
    const old = new Date(systemClock.now().getTime() - 86_400_000);
    const documents = Array.from({ length: 3000 }, (_, n) => ({ n, at: n % 3 === 0 ? systemClock.now() : old }));
    await expiry.collection('sessions').insertMany(documents);
    await expiry.collection('sessions').createIndex({ at: 1 }, { expireAfterSeconds: 3600 });
    await expiry.createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true }, expireAfterSeconds: 3600 });
    await expiry.collection<{ _id: Date }>('clustered').insertMany([{ _id: old }, { _id: systemClock.now() }]);
    await backUp(repository, set().uri, 'expired', []);
    await expiry.dropDatabase();
    await admin.command({ setParameter: 1, ttlMonitorEnabled: true });

    const summary = await restored({ databases: [named('expiry')] }, false, 'expired');
    expect(summary.documents).toBe(3002);
    expect(summary.notes).toEqual(
      expect.arrayContaining([
        expect.stringContaining('expiry.sessions: 2000 are past their time'),
        expect.stringContaining('expiry.clustered: 1 are past their time'),
      ]),
    );
    await until(async () => (await expiry.collection('sessions').countDocuments()) === 1000, {
      what: 'the documents past their time to expire',
    });
    await until(async () => (await expiry.collection('clustered').countDocuments()) === 1, {
      what: 'the clustered document past its time to expire',
    });
    await expiry.dropDatabase();
  });

  it('U2: brings users only with the whole or where asked', async () => {
    await client.db('admin').command({ dropUser: 'keeper' });
    const users = async () => (await client.db('admin').command({ usersInfo: 1 }))['users'] as Document[];
    await restored({ databases: [named('Zoo2')] }, true);
    expect(await users()).toEqual([]);
    await restored({ databases: [named('Zoo2')], users: true }, true);
    expect((await users()).map(({ user }) => user as string)).toEqual(['keeper']);
    await client.db('admin').command({ dropUser: 'keeper' });
    await restored(wholeBackup, true);
    expect((await users()).map(({ user }) => user as string)).toEqual(['keeper']);
    expect(await userState(client)).toEqual(before);
  });
});
