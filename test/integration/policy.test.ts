import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { wholeBackup } from '../../src/core/restore-selection.ts';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import { putRecord } from '../../src/engine/records.ts';
import { scheduleRound } from '../../src/engine/schedule-round.ts';
import type { Backup, Caller } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, replicaSet, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const open = usePostgres();
const hour = 3_600_000;
const day = 24 * hour;
const on = { keepDays: 7, startTime: '19:00-20:00', period: '1,2,3,4,5,6,7' };

describe.each(catalogPlaces)('the backup policy, %s catalog', (place) => {
  // A Monday.
  const clock = movableClock('2026-11-23T12:00:00Z');
  const logged: string[] = [];
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openWorld({ ...(await open(place)), clock });
    const log = (_fields: object, message: string): void => void logged.push(message);
    Object.assign(world.deps.log, { info: log, warn: log, error: log });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const adopt = async (caller: Caller): Promise<string> =>
    (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
  const list = async (caller: Caller): Promise<readonly Backup[]> =>
    (await world.useCases.listBackups(caller, { offset: 0, limit: 100 })).rows;
  const states = async (caller: Caller): Promise<string[]> =>
    (await list(caller)).map(({ type, status, beginTime }) => `${type} ${status} ${beginTime.toISOString().slice(5, 16)}`);
  const look = (): Promise<void> => scheduleRound(world.deps, instanceRefresher(world.deps));
  /** An instance with a policy, its first backup done, at the given time. */
  const withPolicy = async (time: string, policy = on): Promise<{ caller: Caller; instanceId: string }> => {
    clock.moveTo(time);
    const caller = await world.newCaller();
    const instanceId = await adopt(caller);
    await world.useCases.setPolicy(caller, instanceId, policy);
    await runWaitingJobs(world);
    return { caller, instanceId };
  };
  const off = async (caller: Caller, instanceId: string): Promise<void> =>
    world.useCases.setPolicy(caller, instanceId, { keepDays: 0 });

  it('is off until set, is shown as set, and is kept in the repository', async () => {
    const caller = await world.newCaller();
    const stranger = await world.newCaller();
    const instanceId = await adopt(caller);
    expect(await world.useCases.showPolicy(caller, instanceId)).toMatchObject({ keepDays: 0, startTime: null, nextWindow: null });
    expect(await codeOf(world.useCases.showPolicy(stranger, instanceId))).toBe('instance-not-found');
    expect(await codeOf(world.useCases.setPolicy(stranger, instanceId, on))).toBe('instance-not-found');
    expect(await codeOf(world.useCases.setPolicy(caller, 'x', { keepDays: 900 }))).toBe('invalid-instance-id');
    expect(await codeOf(world.useCases.setPolicy(stranger, instanceId, { keepDays: 900 }))).toBe('invalid-keep-days');

    await world.useCases.setPolicy(caller, instanceId, { ...on, period: '2,1', keepDays: '30' });
    const expected = { keepDays: 30, startTime: '19:00-20:00', period: '2,1' };
    expect(await world.useCases.showPolicy(caller, instanceId)).toMatchObject({
      ...expected,
      nextWindow: new Date('2026-11-23T19:00:00Z'),
    });
    expect((await world.useCases.listInstances(caller, { offset: 0, limit: 1 })).rows[0]?.backupPolicy).toEqual(expected);
    const created = clock.now().toISOString();
    await putRecord(world.repository, 'domain', 'default', { name: 'Default' });
    await putRecord(world.repository, 'project', caller.projectId, { domainId: 'default', name: 'p', created });
    await using other = await openWorld({ ...(await open('server')), repository: world.repository, clock });
    await recoverCatalog(other.deps);
    const row = await other.catalog.db
      .selectFrom('backup_policies')
      .selectAll()
      .where('instance_id', '=', instanceId)
      .executeTakeFirst();
    expect(row).toMatchObject({ keep_days: 30, start_time: '19:00-20:00', period: '2,1', first_due: false });
    await off(caller, instanceId);
  });

  it('A7: turned on, it begins a backup at once; set again the same, it does nothing', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    expect(await states(caller)).toEqual(['Auto COMPLETED 11-23T12:00']);
    await world.useCases.setPolicy(caller, instanceId, on);
    await look();
    expect(await list(caller)).toHaveLength(1);
    expect((await list(caller))[0]?.name).toMatch(/^auto-backup-20261123120000-[0-9a-f]{8}$/);
    await off(caller, instanceId);
  });

  it('begins one backup in each window, and one in the next window after a change', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z', { ...on, period: '1,3' });
    for (const time of ['23T18:59:59', '23T19:00:00', '23T19:00:15', '23T19:59:59', '24T19:30:00', '25T19:30:00']) {
      clock.moveTo(`2026-11-${time}Z`);
      await look();
      await runWaitingJobs(world);
    }
    const expected = ['Auto COMPLETED 11-25T19:30', 'Auto COMPLETED 11-23T19:00', 'Auto COMPLETED 11-23T12:00'];
    expect(await states(caller)).toEqual(expected);
    await world.useCases.setPolicy(caller, instanceId, { ...on, startTime: '21:00-22:00' });
    expect(await states(caller)).toEqual(expected);
    clock.moveTo('2026-11-25T21:00:00Z');
    await look();
    await runWaitingJobs(world);
    expect((await states(caller))[0]).toBe('Auto COMPLETED 11-25T21:00');
    expect((await world.useCases.showPolicy(caller, instanceId)).windows).toMatchObject([
      { start: new Date('2026-11-25T21:00:00Z'), outcome: 'started', backupId: (await list(caller))[0]?.id },
      { start: new Date('2026-11-25T19:00:00Z') },
      { start: new Date('2026-11-23T19:00:00Z') },
    ]);
    await off(caller, instanceId);
  });

  it('a first backup inside a window is that window’s', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T19:10:00Z');
    clock.moveTo('2026-11-23T19:30:00Z');
    await look();
    expect(await list(caller)).toHaveLength(1);
    await off(caller, instanceId);
  });

  it('A8: waits while the instance is busy or abnormal, says so once, and begins in the same window', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    await world.useCases.createBackup(caller, { instanceId, name: 'by-hand', description: '' });
    logged.length = 0;
    clock.moveTo('2026-11-23T19:00:00Z');
    await look();
    clock.moveTo('2026-11-23T19:10:00Z');
    await look();
    const waiting = 'the automated backup cannot begin yet and is tried again';
    expect(logged.filter((message) => message === waiting)).toHaveLength(1);
    expect(await world.useCases.showPolicy(caller, instanceId)).toMatchObject({
      trouble: expect.stringContaining('Another operation'),
    });
    await runWaitingJobs(world);
    world.deployment = new LarderError('instance-unreachable', 'no answer', { retryable: true });
    clock.moveTo('2026-11-23T19:20:00Z');
    await look();
    expect((await world.useCases.showPolicy(caller, instanceId)).trouble).toContain('no answer');
    world.deployment = replicaSet;
    clock.moveTo('2026-11-23T19:40:00Z');
    await look();
    expect(await world.useCases.showPolicy(caller, instanceId)).toMatchObject({ trouble: null });
    await runWaitingJobs(world);
    expect((await states(caller))[0]).toBe('Auto COMPLETED 11-23T19:40');
    await off(caller, instanceId);
  });

  it('a missed window is noted with the reason, logged and not made up for', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    logged.length = 0;
    clock.moveTo('2026-11-26T12:00:00Z');
    await look();
    expect(await list(caller)).toHaveLength(1);
    expect(logged).toContain('windows of the backup policy passed without a backup');
    const missed = { outcome: 'missed', backupId: null, reason: 'No server ran during the window.' };
    expect((await world.useCases.showPolicy(caller, instanceId)).windows).toMatchObject([
      { ...missed, start: new Date('2026-11-25T19:00:00Z') },
      { ...missed, start: new Date('2026-11-24T19:00:00Z') },
      { ...missed, start: new Date('2026-11-23T19:00:00Z') },
    ]);
    logged.length = 0;
    await look();
    expect(logged).toEqual([]);
    await off(caller, instanceId);
  });

  it('P5: a clock that was a year ahead and is put right keeps windows coming and costs no backup', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    clock.moveTo('2026-11-23T19:05:00Z');
    await look();
    await runWaitingJobs(world);
    clock.moveTo('2027-11-23T19:05:00Z');
    await look();
    await runWaitingJobs(world);
    clock.moveTo('2026-11-23T19:20:00Z');
    await look();
    await look();
    await runWaitingJobs(world);
    expect((await states(caller)).toSorted()).toEqual([
      'Auto COMPLETED 11-23T12:00',
      'Auto COMPLETED 11-23T19:05',
      'Auto COMPLETED 11-23T19:05',
    ]);
    clock.moveTo('2026-11-24T19:05:00Z');
    await look();
    await runWaitingJobs(world);
    expect((await states(caller)).filter((state) => state.endsWith('11-24T19:05'))).toHaveLength(1);
    expect((await world.useCases.showPolicy(caller, instanceId)).windows[0]?.start).toEqual(new Date('2026-11-24T19:00:00Z'));
    await off(caller, instanceId);
  });

  it('of ten looks at the same moment one begins the backup', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    clock.moveTo('2026-11-23T19:00:00Z');
    logged.length = 0;
    await Promise.all(Array.from({ length: 10 }, look));
    expect(await states(caller)).toEqual(['Auto BUILDING 11-23T19:00', 'Auto COMPLETED 11-23T12:00']);
    expect(logged.filter((message) => message === 'automated backup begun')).toHaveLength(1);
    // The others saw that the window is taken, not that the instance is busy.
    expect(logged).not.toContain('the automated backup cannot begin yet and is tried again');
    await runWaitingJobs(world);
    await off(caller, instanceId);
  });

  it('can be changed while a backup runs, not while a restore does', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    const [backup] = await list(caller);
    await world.useCases.createBackup(caller, { instanceId, name: 'by-hand', description: '' });
    await world.useCases.setPolicy(caller, instanceId, { ...on, keepDays: 8 });
    await runWaitingJobs(world);
    await world.useCases.restore(caller, {
      backupId: backup?.id ?? '',
      targetInstanceId: instanceId,
      overwrite: true,
      selection: wholeBackup,
    });
    expect(await codeOf(off(caller, instanceId))).toBe('instance-busy');
    expect(await world.useCases.showPolicy(caller, instanceId)).toMatchObject({ keepDays: 8 });
    await runWaitingJobs(world);
    await off(caller, instanceId);
  });

  it('A4: automated backups are deleted by hand only while the policy is off', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    const [backup] = await list(caller);
    const id = backup?.id ?? '';
    expect(backup).toMatchObject({ type: 'Auto', deletable: false });
    expect(await codeOf(world.useCases.deleteBackup(caller, id))).toBe('operation-illegal');
    expect((await list(caller))[0]?.status).toBe('COMPLETED');
    await off(caller, instanceId);
    expect((await list(caller))[0]?.deletable).toBe(true);
    expect((await world.useCases.showBackup(caller, id)).deletable).toBe(true);
    expect(await codeOf(world.useCases.deleteBackup(caller, id))).toBe('fine');
    await runWaitingJobs(world);
    expect(await list(caller)).toEqual([]);
  });

  it('A7, P5: each backup lives by the days in force when it was made, the last restorable one for ever', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z', { ...on, keepDays: 2 });
    clock.moveBy(60_000);
    await world.useCases.createBackup(caller, { instanceId, name: 'by-hand', description: '' });
    await runWaitingJobs(world);
    await world.useCases.setPolicy(caller, instanceId, { ...on, keepDays: 700 });
    clock.moveTo('2026-11-23T19:00:00Z');
    await look();
    await runWaitingJobs(world);
    await world.useCases.setPolicy(caller, instanceId, { ...on, keepDays: 1 });
    clock.moveTo('2026-11-24T19:00:00Z');
    await look();
    await runWaitingJobs(world);
    await off(caller, instanceId);
    const all = [
      'Auto COMPLETED 11-24T19:00',
      'Auto COMPLETED 11-23T19:00',
      'Manual COMPLETED 11-23T12:01',
      'Auto COMPLETED 11-23T12:00',
    ];
    clock.moveTo('2026-11-25T11:59:59Z');
    await look();
    expect(await states(caller)).toEqual(all);
    clock.moveTo('2026-11-25T12:00:00Z');
    await look();
    expect((await states(caller)).at(-1)).toMatch(/^(Manual COMPLETED|Auto DISABLED)/);
    await runWaitingJobs(world);
    expect(await states(caller)).toEqual(all.slice(0, 3));
    // Its one day is over, but nothing newer can be restored.
    for (let days = 0; days < 5; days++) {
      clock.moveBy(day - hour);
      await look();
    }
    expect(await runWaitingJobs(world)).toBe(0);
    expect(await states(caller)).toEqual(all.slice(0, 3));
  });

  it('P5: nothing expires in the hour after the clock jumped, and what a restore reads waits', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z');
    const [first] = await list(caller);
    clock.moveTo('2026-11-23T19:00:00Z');
    await look();
    await runWaitingJobs(world);
    clock.moveTo('2026-12-23T12:00:00Z');
    await look();
    clock.moveBy(hour - 1);
    await look();
    expect(await runWaitingJobs(world)).toBe(0);
    await world.useCases.restore(caller, {
      backupId: first?.id ?? '',
      targetInstanceId: instanceId,
      overwrite: true,
      selection: wholeBackup,
    });
    clock.moveBy(1);
    await look();
    expect((await list(caller)).map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
    await runWaitingJobs(world);
    await look();
    await runWaitingJobs(world);
    expect(await states(caller)).toEqual(['Auto COMPLETED 11-23T19:00']);
    await off(caller, instanceId);
  });

  it('P7: a deletion that failed is tried again an hour later', async () => {
    const { caller, instanceId } = await withPolicy('2026-11-23T12:00:00Z', { ...on, keepDays: 1 });
    for (const time of ['2026-11-23T19:00:00Z', '2026-11-24T11:00:00Z']) {
      clock.moveTo(time);
      await look();
      await runWaitingJobs(world);
    }
    await off(caller, instanceId);
    world.tasks.delete = async () => {
      throw new LarderError('store-unavailable', 'the store is away');
    };
    clock.moveTo('2026-11-24T12:00:00Z');
    await look();
    await runWaitingJobs(world);
    delete world.tasks.delete;
    const failed = ['Auto COMPLETED 11-23T19:00', 'Auto DISABLED 11-23T12:00'];
    clock.moveTo('2026-11-24T12:59:59Z');
    await look();
    expect(await runWaitingJobs(world)).toBe(0);
    expect(await states(caller)).toEqual(failed);
    clock.moveTo('2026-11-24T13:00:01Z');
    await look();
    await runWaitingJobs(world);
    expect(await states(caller)).toEqual(failed.slice(0, 1));
  });

  it('says whether the oplog is archived, and refuses to have what follows from it otherwise', async () => {
    const caller = await world.newCaller();
    const set = await adopt(caller);
    world.deployment = { ...replicaSet, mode: 'Single' };
    const single = await adopt(caller);
    world.deployment = replicaSet;
    const archived = async (id: string): Promise<boolean> => (await world.useCases.showPolicy(caller, id)).incremental;
    const ask = (id: string, incremental: boolean | null): Promise<string> =>
      codeOf(world.useCases.setPolicy(caller, id, { ...on, incremental }));

    expect(await ask(set, false)).toBe('unsupported-operation');
    expect(await archived(set)).toBe(false);
    await world.useCases.setPolicy(caller, set, { ...on, incremental: true });
    await world.useCases.setPolicy(caller, single, { ...on, incremental: false });
    expect([await archived(set), await archived(single)]).toEqual([true, false]);
    expect([await ask(set, false), await ask(single, true)]).toEqual(['unsupported-operation', 'unsupported-operation']);

    Object.assign(world.deps, { archivesOplog: false });
    expect([await archived(set), await ask(set, true)]).toEqual([false, 'unsupported-operation']);
    Object.assign(world.deps, { archivesOplog: true });
    await runWaitingJobs(world);
    for (const id of [set, single]) await world.useCases.setPolicy(caller, id, { keepDays: 0, incremental: true });
    expect(await archived(set)).toBe(false);
  });
});
