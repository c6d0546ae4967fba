import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupFilter, BackupOrder, Caller } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const open = usePostgres();
const page = { offset: 0, limit: 100 };

describe.each(catalogPlaces)('lists, and calls about several backups, %s catalog', (place) => {
  let world: EngineWorld;
  let caller: Caller;
  let instances: string[];
  let ids: string[];

  /** Six backups of two instances, all begun in one of two seconds. */
  beforeAll(async () => {
    world = await openWorld(await open(place));
    caller = await world.newCaller();
    instances = [];
    for (const name of ['shop-db', 'crm-db']) {
      instances.push((await world.useCases.adoptInstance(caller, { name, uri: 'mongodb://a.example' })).id);
    }
    ids = [];
    for (let n = 0; n < 6; n++) {
      const request = { instanceId: instances[n % 2] ?? '', name: `name-${5 - n}`, description: n < 3 ? 'before 100%' : 'after' };
      const { backupId } = await world.useCases.createBackup(caller, request);
      const begin = new Date(Date.UTC(2026, 0, 1, 0, 0, n % 2));
      await world.catalog.db.updateTable('backups').set({ begin_time: begin }).where('id', '=', backupId).execute();
      await runWaitingJobs(world);
      ids.push(backupId);
    }
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const list = async (filter: Partial<BackupFilter>) => (await world.useCases.listBackups(caller, { ...page, ...filter })).rows;

  it('A3: backups in every order, which pages by marker keep', async () => {
    const fields = ['name', 'instanceName', 'type', 'datastoreVersion', 'beginTime', 'status'] as const;
    for (const by of fields) {
      for (const descending of [false, true]) {
        const order: BackupOrder = { by, descending };
        const all = await list({ order });
        const sorted = all.toSorted((a, b) => {
          const [left, right] = [a, b].map((row) => (by === 'beginTime' ? row.beginTime.toISOString() : row[by]));
          const compared = left! < right! ? -1 : left! > right! ? 1 : a.id < b.id ? -1 : 1;
          return descending ? -compared : compared;
        });
        expect(
          all.map(({ id }) => id),
          `${by} ${descending}`,
        ).toEqual(sorted.map(({ id }) => id));
        const paged: string[] = [];
        for (let rows = await list({ order, limit: 4 }); rows.length > 0;) {
          paged.push(...rows.map(({ id }) => id));
          rows = await list({ order, limit: 4, marker: paged.at(-1)! });
        }
        expect(paged).toEqual(all.map(({ id }) => id));
      }
    }
  });

  it('A3: backups by parts of their texts, taken as they are, and by status', async () => {
    const count = async (filter: Partial<BackupFilter>) => (await list(filter)).length;
    expect(await count({ namePart: 'me-' })).toBe(6);
    expect(await count({ namePart: 'ME-' })).toBe(0);
    expect(await count({ namePart: '%' })).toBe(0);
    expect(await count({ descriptionPart: '0%' })).toBe(3);
    expect(await count({ instanceNamePart: 'crm' })).toBe(3);
    expect(await count({ instanceNamePart: 'crm', descriptionPart: 'after' })).toBe(2);
    expect(await count({ status: 'COMPLETED' })).toBe(6);
    expect(await count({ status: 'FAILED' })).toBe(0);
  });

  it('A3: a backup tells the state of its instance', async () => {
    const { jobId } = await world.useCases.restore(caller, {
      backupId: ids[0]!,
      targetInstanceId: instances[0]!,
      overwrite: true,
    });
    const around = async () => (await list({ namePart: 'name-5' })).map((row) => [row.instanceStatus, row.instanceRestoring]);
    expect(await around()).toEqual([['normal', true]]);
    await world.useCases.cancelJob(caller, jobId);
    expect(await around()).toEqual([['normal', false]]);
  });

  it('jobs, newest first, filtered and paged; another project sees none', async () => {
    const all = await world.useCases.listJobs(caller, page);
    expect(all.total).toBe(7);
    expect(all.rows[0]).toMatchObject({ name: 'MongodbRestoreData2CurrentInstance', status: 'Failed' });
    const paged: string[] = [];
    for (let { rows } = await world.useCases.listJobs(caller, { ...page, limit: 3 }); rows.length > 0;) {
      paged.push(...rows.map(({ id }) => id));
      ({ rows } = await world.useCases.listJobs(caller, { ...page, limit: 3, marker: paged.at(-1)! }));
    }
    expect(paged).toEqual(all.rows.map(({ id }) => id));
    const total = async (filter: object) => (await world.useCases.listJobs(caller, { ...page, ...filter })).total;
    expect(await total({ status: 'Completed' })).toBe(6);
    expect(await total({ name: 'MongodbSnapshotBackup' })).toBe(6);
    expect(await total({ id: paged[2] })).toBe(1);
    expect(await total({ begin: all.rows.at(-1)!.created, end: all.rows[0]!.created })).toBe(7);
    expect(await total({ begin: new Date(0), end: new Date(1) })).toBe(0);
    expect(await world.useCases.listJobs(await world.newCaller(), page)).toEqual({ rows: [], total: 0 });
    expect(await world.useCases.countInstances(caller)).toEqual({ Single: 0, ReplicaSet: 2, Sharding: 0 });
  });

  it('a backup is stopped while it is made, and only then', async () => {
    const { jobId, backupId } = await world.useCases.createBackup(caller, {
      instanceId: instances[0]!,
      name: 'halted',
      description: '',
    });
    expect(await codeOf(world.useCases.stopBackup(await world.newCaller(), backupId))).toBe('backup-not-found');
    expect(await world.useCases.stopBackup(caller, backupId)).toEqual({ jobId });
    expect(await world.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Failed' });
    expect(await list({ status: 'FAILED' })).toMatchObject([{ id: backupId }]);
    expect(await codeOf(world.useCases.stopBackup(caller, backupId))).toBe('operation-illegal');
  });

  it('A4: several backups go together or not at all, also of two who ask at the same time', async () => {
    const remove = (backupIds: readonly string[], who = caller) => world.useCases.deleteBackups(who, backupIds);
    expect(await codeOf(remove([]))).toBe('malformed-request');
    expect(await codeOf(remove([ids[0]!, ids[0]!]))).toBe('malformed-request');
    expect(await codeOf(remove([ids[0]!, 'none']))).toBe('backup-not-found');
    expect(await codeOf(remove(ids, await world.newCaller()))).toBe('backup-not-found');
    const automated = ids[5]!;
    await world.catalog.db.updateTable('backups').set({ type: 'Auto' }).where('id', '=', automated).execute();
    expect(await codeOf(remove([ids[0]!, automated]))).toBe('operation-illegal');
    expect(await list({ status: 'DISABLED' })).toEqual([]);

    const manual = ids.slice(0, 5);
    const [one, other] = await Promise.all([remove(manual), remove(manual.toReversed())]);
    expect(one.jobIds).toEqual(other.jobIds.toReversed());
    await runWaitingJobs(world);
    expect((await list({})).map(({ name }) => name).toSorted()).toEqual(['halted', 'name-0']);
  });
});
