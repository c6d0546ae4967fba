import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { wholeBackup } from '../../src/core/restore-selection.ts';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { scheduleRound } from '../../src/engine/schedule-round.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, replicaSet, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const open = usePostgres();
const page = { offset: 0, limit: 100 };

describe.each(catalogPlaces)('A6: the deletion of an instance, %s catalog', (place) => {
  const clock = movableClock('2026-11-23T12:00:00Z');
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openWorld({ ...(await open(place)), clock });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** An instance with an automated and a manual backup. */
  const start = async (): Promise<{ caller: Caller; instanceId: string }> => {
    const caller = await world.newCaller();
    const instanceId = (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
    await world.useCases.setPolicy(caller, instanceId, { keepDays: 7, startTime: '19:00-20:00' });
    await runWaitingJobs(world);
    await world.useCases.createBackup(caller, { instanceId, name: 'by-hand', description: '' });
    await runWaitingJobs(world);
    return { caller, instanceId };
  };
  const backups = async (caller: Caller): Promise<string[]> =>
    (await world.useCases.listBackups(caller, page)).rows.map(({ type, status }) => `${type} ${status}`).toSorted();
  const records = async (kind: string): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of world.repository.records.list(kind)) ids.push(id);
    return ids;
  };

  it('removes it with its automated backups and keeps the manual ones, which restore elsewhere', async () => {
    const { caller, instanceId } = await start();
    const { jobId } = await world.useCases.deleteInstance(caller, instanceId);
    expect(await world.useCases.deleteInstance(caller, instanceId)).toEqual({ jobId });
    expect((await world.useCases.listInstances(caller, page)).rows).toMatchObject([
      { id: instanceId, status: 'normal', actions: [] },
    ]);
    expect(await backups(caller)).toEqual(['Auto DISABLED', 'Manual COMPLETED']);
    expect(await codeOf(world.useCases.createBackup(caller, { instanceId, name: 'late', description: '' }))).toBe(
      'instance-busy',
    );
    expect(await codeOf(world.useCases.setPolicy(caller, instanceId, { keepDays: 0 }))).toBe('instance-busy');
    await runWaitingJobs(world);

    expect(await world.useCases.getJob(caller, jobId)).toMatchObject({
      status: 'Completed',
      instanceId,
      instanceName: 'shop-db',
    });
    expect(await world.useCases.listInstances(caller, { ...page, id: instanceId })).toEqual({ rows: [], total: 0 });
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('instance-not-found');
    expect(await codeOf(world.useCases.showPolicy(caller, instanceId))).toBe('instance-not-found');
    expect(await backups(caller)).toEqual(['Manual COMPLETED']);
    expect(await records('instance')).not.toContain(instanceId);
    expect(await records('policy')).not.toContain(instanceId);
    const manifests: string[] = [];
    for await (const id of world.repository.project(caller.projectId).listManifestIds()) manifests.push(id);
    const [kept] = (await world.useCases.listBackups(caller, page)).rows;
    expect(kept).toMatchObject({ instanceId, instanceName: 'shop-db', deletable: true });
    expect(manifests).toEqual([kept?.id]);

    const other = (await world.useCases.adoptInstance(caller, { name: 'other-db', uri: 'mongodb://b.example' })).id;
    const request = { backupId: kept?.id ?? '', targetInstanceId: other, overwrite: true, selection: wholeBackup };
    const restore = await world.useCases.restore(caller, request);
    await runWaitingJobs(world);
    expect(await world.useCases.getJob(caller, restore.jobId)).toMatchObject({ status: 'Completed' });
  });

  it('does not ask the servers: one that does not answer can be deleted', async () => {
    const { caller, instanceId } = await start();
    world.deployment = new LarderError('instance-unreachable', 'no answer', { retryable: true });
    expect((await world.useCases.showInstance(caller, instanceId)).status).toBe('abnormal');
    const before = world.probes;
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('fine');
    await runWaitingJobs(world);
    expect(world.probes).toBe(before);
    world.deployment = replicaSet;
    expect((await world.useCases.listInstances(caller, page)).total).toBe(0);
  });

  it('is refused for a busy instance, a stranger, and while an automated backup is restored elsewhere', async () => {
    const { caller, instanceId } = await start();
    const stranger = await world.newCaller();
    expect(await codeOf(world.useCases.deleteInstance(stranger, instanceId))).toBe('instance-not-found');
    expect(await codeOf(world.useCases.deleteInstance(caller, 'x'))).toBe('invalid-instance-id');
    await world.useCases.createBackup(caller, { instanceId, name: 'again', description: '' });
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('instance-busy');
    await runWaitingJobs(world);
    const automated = (await world.useCases.listBackups(caller, { ...page, type: 'Auto' })).rows[0]?.id ?? '';
    const other = (await world.useCases.adoptInstance(caller, { name: 'other-db', uri: 'mongodb://b.example' })).id;
    const request = { backupId: automated, targetInstanceId: other, overwrite: true, selection: wholeBackup };
    await world.useCases.restore(caller, request);
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('instance-busy');
    expect(await backups(caller)).toEqual(['Auto COMPLETED', 'Manual COMPLETED', 'Manual COMPLETED']);
    await runWaitingJobs(world);
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('fine');
    await runWaitingJobs(world);
    expect(await backups(caller)).toEqual(['Manual COMPLETED', 'Manual COMPLETED']);
  });

  it('what a crash left of it expires like the rest, down to the last one', async () => {
    const { caller, instanceId } = await start();
    await world.catalog.db.deleteFrom('instances').where('id', '=', instanceId).execute();
    clock.moveBy(8 * 86_400_000);
    await scheduleRound(world.deps, instanceRefresher(world.deps));
    clock.moveBy(3_600_000);
    await scheduleRound(world.deps, instanceRefresher(world.deps));
    await runWaitingJobs(world);
    expect(await backups(caller)).toEqual(['Manual COMPLETED']);
  });

  it('that fails leaves the instance, and can be asked for again', async () => {
    const { caller, instanceId } = await start();
    world.tasks.delete = async () => {
      throw new LarderError('store-unavailable', 'the store is away');
    };
    const { jobId } = await world.useCases.deleteInstance(caller, instanceId);
    await runWaitingJobs(world);
    expect(await world.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Failed' });
    expect(await records('instance')).toContain(instanceId);
    delete world.tasks.delete;
    expect(await codeOf(world.useCases.deleteInstance(caller, instanceId))).toBe('fine');
    await runWaitingJobs(world);
    expect((await world.useCases.listInstances(caller, page)).total).toBe(0);
    expect(await backups(caller)).toEqual(['Manual COMPLETED']);
  });
});
