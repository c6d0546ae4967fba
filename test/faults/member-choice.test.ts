import { join } from 'node:path';
import { Binary, Long, MongoClient, Timestamp, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { openSource } from '../../src/engine/capture/source.ts';
import { connect } from '../../src/mongo/connect.ts';
import { MongodProcess } from '../../src/provider/mongod-process.ts';
import { backUp, testRepository } from '../fixtures/backup.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { testMongod } from '../fixtures/mongod.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { type TemporaryFolder, temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const hanging = 'initialSyncHangBeforeSplittingControlFlow';

describe('S9: a set of a primary, a delayed member, an arbiter and a hidden member in initial sync', () => {
  const set = replicaSet({ members: 2, electionTimeoutMs: 2_000 });
  let folder: TemporaryFolder;
  let arbiter: MongodProcess;
  let syncing: MongodProcess;
  let primary: MongodProcess;
  let delayed: MongodProcess;
  let client: MongoClient;
  let repository: ProjectRepository;

  const start = async (name: string, ...more: readonly string[]): Promise<MongodProcess> =>
    MongodProcess.start({
      mongod: await testMongod(),
      folder: join(folder.path, name),
      arguments: [`--replSet=${set().setName}`, '--wiredTigerCacheSizeGB=0.25', ...more],
      signal: AbortSignal.timeout(300_000),
    });
  const directly = ({ port }: MongodProcess): MongoClient =>
    new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`);
  const nameOf = ({ port }: MongodProcess): string => `127.0.0.1:${port}`;

  beforeAll(async () => {
    folder = await temporaryFolder();
    primary = await set().primary();
    delayed = set().members.find((member) => member !== primary)!;
    client = directly(primary);
    repository = await testRepository();
    const rows = Array.from({ length: 100 }, (_, n) => ({ n }));
    await client
      .db('there')
      .collection('c')
      .insertMany(rows, { writeConcern: { w: 2 } });
    arbiter = await start('arbiter');
    syncing = await start(
      'syncing',
      ...['--setParameter', 'enableTestCommands=1'],
      ...['--setParameter', `failpoint.${hanging}={"mode":"alwaysOn"}`],
    );
    const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
    config.version++;
    const members = config.members as Document[];
    const late = members.find(({ host }) => host === nameOf(delayed))!;
    Object.assign(late, { priority: 0, secondaryDelaySecs: 3600, votes: 0 });
    members.push({ _id: 7, host: nameOf(arbiter), arbiterOnly: true, priority: 0 });
    members.push({ _id: 8, host: nameOf(syncing), priority: 0, hidden: true, votes: 0 });
    // With an arbiter a set has no write concern of its own accord.
    await client.db('admin').command({ setDefaultRWConcern: 1, defaultWriteConcern: { w: 1 } });
    await client.db('admin').command({ replSetReconfig: config, force: true });
    await until(async () => (await stateOf(arbiter)) === 'ARBITER' && (await stateOf(syncing)) === 'STARTUP2', {
      what: 'an arbiter, and a member that hangs in its initial sync',
    });
    // After a forced change it takes the primary a moment to know what is committed.
    await until(async () => (await client.db('admin').command({ hello: 1 }))['lastWrite'].majorityOpTime !== undefined, {
      what: 'the primary to know what is committed',
    });
  });
  afterAll(async () => {
    await client.close();
    await Promise.all([arbiter, syncing].map((member) => member.kill()));
    await folder[Symbol.asyncDispose]();
  });

  async function stateOf(member: MongodProcess): Promise<unknown> {
    const { members } = await client.db('admin').command({ replSetGetStatus: 1 });
    return (members as Document[]).find(({ name }) => name === nameOf(member))?.['stateStr'];
  }

  it('is read from the primary while there is no better one, and from the hidden member once that has its data', async () => {
    const first = await backUp(repository, set().uri, 'first', []);
    expect(first.source.member).toBe(nameOf(primary));
    expect(first.notes).toEqual([]);
    await using direct = directly(syncing);
    await direct.db('admin').command({ configureFailPoint: hanging, mode: 'off' });
    await until(async () => (await stateOf(syncing)) === 'SECONDARY', { what: 'the initial sync' });
    await client
      .db('there')
      .collection('c')
      .insertOne({ n: 'new' }, { writeConcern: { w: 'majority' } });
    const second = await backUp(repository, set().uri, 'second', ['first']);
    expect(second).toMatchObject({ baseBackupId: 'first', source: { member: nameOf(syncing) }, notes: [] });
    expect(await compareWithSource(client, repository, second)).toBeGreaterThan(0);
  });

  it('is read from the delayed member only where there is no other, and the backup says how old it is', async () => {
    await Promise.all([primary, syncing].map((member) => member.kill()));
    const manifest = await backUp(repository, set().uri, 'old', []);
    expect(manifest.source.member).toBe(nameOf(delayed));
    expect(manifest.notes).toEqual([expect.stringMatching('Only a delayed member could be read: its data is 3600 seconds old')]);
    await using direct = directly(delayed);
    expect(await compareWithSource(direct, repository, manifest)).toBeGreaterThan(0);
    expect(manifest.collections.find(({ db }) => db === 'there')).toMatchObject({ documents: 100 });
  });
});

describe('S9, U4: a set of two, and a user with the role backup alone', () => {
  const set = replicaSet({
    members: 2,
    auth: true,
    electionTimeoutMs: 2_000,
    extraArguments: ['--setParameter', 'enableTestCommands=1'],
  });
  let primary: MongodProcess;
  let other: MongodProcess;
  let root: MongoClient;
  let direct: MongoClient;
  let repository: ProjectRepository;
  let uri: string;

  const nameOf = ({ port }: MongodProcess): string => `127.0.0.1:${port}`;

  beforeAll(async () => {
    primary = await set().primary();
    other = set().members.find((member) => member !== primary)!;
    uri = set().uri.replace(/\/\/[^@]*@/, '//reader:secret@');
    root = new MongoClient(set().uri);
    direct = new MongoClient(set().uri.replace(/@[^/]*\/.*$/, `@${nameOf(other)}/?authSource=admin&directConnection=true`));
    repository = await testRepository();
    const roles = [{ role: 'ahead', db: 'admin' }, 'root'];
    const privileges = [{ resource: { cluster: true }, actions: ['advanceClusterTime'] }];
    const writeConcern = { w: 2 };
    await root.db('there').collection('c').insertOne({ n: 'old' }, { writeConcern });
    await root.db('admin').command({ createRole: 'ahead', privileges, roles: [], writeConcern });
    await root.db('admin').command({ createUser: 'ahead', pwd: 'secret', roles, writeConcern });
    await root.db('admin').command({ createUser: 'reader', pwd: 'secret', roles: ['backup'], writeConcern });
  });
  afterAll(async () => {
    await Promise.all([root.close(), direct.close()]);
  });

  /** The primary does not list a delayed member, so a driver that finds it by the connection string gives it up at any moment of its first steps. */
  async function connectOften(): Promise<void> {
    for (let n = 0; n < 60; n++) {
      await using connection = await connect(uri, { anyMember: true, signal: AbortSignal.timeout(60_000) });
      await connection.client.db('admin').command({ ping: 1 });
    }
  }

  /** Writes as if two minutes had gone by. */
  async function writeLater(): Promise<void> {
    await using client = new MongoClient(set().uri.replace(/\/\/[^@]*@/, '//ahead:secret@'));
    await client.withSession(async (session) => {
      const { $clusterTime } = await client.db('admin').command({ hello: 1 });
      const { clusterTime } = $clusterTime as { clusterTime: Timestamp };
      session.advanceClusterTime({
        clusterTime: new Timestamp({ t: clusterTime.t + 120, i: 1 }),
        signature: { hash: new Binary(new Uint8Array(20)), keyId: Long.ZERO },
      });
      await client
        .db('there')
        .collection('c')
        .insertOne({ n: 'new' }, { session, writeConcern: { w: 1 } });
    });
  }

  it('is read from the primary where the secondary has fallen behind', async () => {
    const hold = { configureFailPoint: 'rsSyncApplyStop' };
    await direct.db('admin').command({ ...hold, mode: 'alwaysOn' });
    try {
      await writeLater();
      await using source = await openSource(uri, AbortSignal.timeout(60_000));
      expect(source.member).toBe(nameOf(primary));
    } finally {
      await direct.db('admin').command({ ...hold, mode: 'off' });
    }
  });

  it('is read from a delayed member only where there is no other, and the backup says how old it is', async () => {
    const admin = root.db('admin');
    const { config } = await admin.command({ replSetGetConfig: 1 });
    config.version++;
    const late = (config.members as Document[]).find(({ host }) => host === nameOf(other))!;
    Object.assign(late, { priority: 0, secondaryDelaySecs: 3600, votes: 0 });
    await admin.command({ replSetReconfig: config });
    await until(async () => Number((await direct.db('admin').command({ hello: 1 }))['secondaryDelaySecs']) === 3600, {
      what: 'the member to know that it is delayed',
    });
    await connectOften();
    const current = await backUp(repository, uri, 'current', []);
    expect(current.source.member).toBe(nameOf(primary));
    expect(current.notes).toEqual([]);
    await primary.kill();
    const old = await backUp(repository, uri, 'old', []);
    expect(old.source.member).toBe(nameOf(other));
    expect(old.collections.find(({ db }) => db === 'there')).toBeDefined();
    expect(old.notes).toEqual([expect.stringMatching('Only a delayed member could be read: its data is 3600 seconds old')]);
  });
});
