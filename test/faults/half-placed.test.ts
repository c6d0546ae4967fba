import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestoreSelection } from '../../src/core/restore-selection.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { endedJob } from '../fixtures/ended-job.ts';
import { holdable } from '../fixtures/hold-server.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { startLarder } from '../fixtures/start-larder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const names = ['first', 'second', 'third'] as const;

describe('R3, R4: a restore that fails while collections take their places', () => {
  const set = replicaSet({ members: 1, extraArguments: holdable });
  let client: MongoClient;
  let repository: ProjectRepository;
  let before: Record<string, unknown>;

  const shop = () => client.db('shop');
  const databaseOf = async (): Promise<unknown> => (await instanceState(client))['shop'];
  const values = () => Promise.all(names.map(async (name) => String((await shop().collection(name).findOne())?.['v'])));
  /** Those that are restored first. */
  const standing = async (): Promise<readonly string[]> => {
    const found = await values();
    const named = (wanted: string): readonly string[] =>
      names.filter((_, n) => found[n] === wanted).map((name) => `shop.${name}`);
    return [...named('old'), ...named('new')];
  };
  const renames = (mode: Document | 'off', data: Document = {}) =>
    client
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode, data: { failCommands: ['renameCollection'], ...data } });
  const change = async (): Promise<void> => {
    for (const name of names)
      await shop()
        .collection(name)
        .updateMany({}, { $set: { v: 'new' } });
  };
  const selection: RestoreSelection = { databases: [{ name: 'shop', newName: null }], collections: [], users: false };
  const aside: RestoreSelection = { ...selection, databases: [{ name: 'shop', newName: 'aside' }] };

  beforeAll(async () => {
    client = new MongoClient(set().uri);
    for (const name of names) await shop().collection(name).insertOne({ v: 'old' });
    await shop().createCollection('seen', { viewOn: 'first' });
    before = await instanceState(client);
    repository = await testRepository();
    await backUp(repository, set().uri, 'shop', []);
  });
  afterAll(() => client.close());

  it('says which are in place and which are not, and ends whole when it is tried again', async () => {
    await change();
    // Nothing that a network or an election does: by itself it would be final.
    await renames({ skip: 1 }, { errorCode: 125 });
    const options = { selection, restoreId: 'placing' };
    const failure = await restoreTo(repository, set().uri, 'shop', true, options).catch((error: unknown) => error);
    const [placed, ...others] = await standing();
    const parts = `1 is in place as restored (${placed}); 2 are as before (${others.join(', ')})`;
    const message = expect.stringContaining(`half-way: of 3 collections ${parts}. Restoring again puts it right.`);
    expect(failure).toMatchObject({ code: 'restore-failed', retryable: true, message });
    await renames('off');
    expect(await restoreTo(repository, set().uri, 'shop', true, options)).toMatchObject({ verified: true, collections: 3 });
    expect(await databaseOf()).toEqual(before['shop']);
  });

  it('asks which came to their places where no answer came, and makes anew what somebody dropped beside', async () => {
    await change();
    // The second rename is done; its answer says that the majority may not have it.
    await renames({ skip: 1 }, { writeConcernError: { code: 100, errmsg: 'of the test' } });
    const options = { selection, restoreId: 'asking' };
    const failure = await restoreTo(repository, set().uri, 'shop', true, options).catch((error: unknown) => error);
    const [, , waiting] = await standing();
    const message = expect.stringMatching(`2 are in place as restored \\(.*\\); 1 is as before \\(${waiting}\\)`);
    expect(failure).toMatchObject({ retryable: true, message });
    await renames('off');
    const [beside] = await shop()
      .listCollections({ name: /^larder\.restoring\./ }, { nameOnly: true })
      .toArray();
    await shop().collection(beside!.name).drop();
    await restoreTo(repository, set().uri, 'shop', true, options);
    expect(await databaseOf()).toEqual(before['shop']);
  });

  it('takes back what came to its place where nothing may be overwritten', async () => {
    await renames({ skip: 2 }, { errorCode: 125 });
    const failing = restoreTo(repository, set().uri, 'shop', false, { selection: aside });
    await expect(failing).rejects.toMatchObject({ retryable: false, message: expect.not.stringContaining('half-way') });
    await renames('off');
    expect(await client.db('aside').listCollections().toArray()).toEqual([]);
    expect(await databaseOf()).toEqual(before['shop']);
  });

  it('ends whole though Larder is killed in between', async () => {
    await using folder = await temporaryFolder();
    const dataFolder = join(folder.path, 'data');
    await mkdir(dataFolder);
    await using first = await startLarder({ dataFolder });
    const own = `/larder/v1/${first.projectId}`;
    const adopted = await first.call<{ id: string }>('POST', `${own}/instances/adopt`, { name: 'shop', uri: set().uri });
    const backup = await first.call<{ backup_id: string; job_id: string }>('POST', `${own}/backups`, {
      instance_id: adopted.id,
      name: 'whole',
    });
    expect(await endedJob(first, backup.job_id)).toMatchObject({ status: 'Completed' });
    await change();
    // Far longer than it takes to see the first rename and to kill, on any machine.
    await renames({ skip: 1 }, { blockConnection: true, blockTimeMS: 15_000 });
    const restore = await first.call<{ job_id: string }>('POST', `${own}/restores`, {
      backup_id: backup.backup_id,
      target_instance_id: adopted.id,
      overwrite: true,
    });
    await until(async () => (await values()).includes('old'), { what: 'the first rename' });
    await first.kill();
    expect((await values()).toSorted()).toEqual(['new', 'new', 'old']);
    // The rename that waits does not know that nobody asks for it any more; the fail point ends with it.
    const waiting = { currentOp: 1, 'command.renameCollection': { $exists: true } };
    for (const { opid } of (await client.db('admin').command(waiting))['inprog'] as { opid: number }[])
      await client.db('admin').command({ killOp: 1, op: opid });
    await renames('off');

    await using second = await startLarder({ dataFolder });
    expect(await endedJob(second, restore.job_id)).toMatchObject({ status: 'Completed', fail_reason: null });
    expect(await databaseOf()).toEqual(before['shop']);
  });
});
