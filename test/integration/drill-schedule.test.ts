import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import { putRecord } from '../../src/engine/records.ts';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { scheduleRound } from '../../src/engine/schedule-round.ts';
import type { DrillTask } from '../../src/engine/tasks.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const open = usePostgres();
const day = 86_400_000;
const assertions = [{ namespace: 'shop.orders', count: 3 }];

describe.each(catalogPlaces)('drills by themselves, %s catalog', (place) => {
  const clock = movableClock('2026-11-23T12:00:00Z');
  const held: DrillTask[] = [];
  let outcome: 'proved' | 'failed' | 'impossible' = 'proved';
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openWorld({ ...(await open(place)), clock });
    world.tasks.drill = async (task) => {
      held.push(task);
      if (outcome === 'impossible') throw new LarderError('mongod-unavailable', 'there is no mongod');
      if (outcome === 'failed') return { verdict: 'failed', reason: 'shop.orders differs', seconds: 4 };
      const restored = {
        documents: 10,
        bytes: 1000,
        collections: 1,
        verified: true,
        replayed: [],
        seconds: 2,
        unbuilt: [],
        notes: [],
      } as const;
      return { verdict: 'proved', restored, assertions: task.assertions.length };
    };
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const look = async (): Promise<void> => {
    await scheduleRound(world.deps, instanceRefresher(world.deps));
    await runWaitingJobs(world);
  };
  /** What was drilled since the last question. */
  const drilled = (): string[] => held.splice(0).map(({ backupId }) => backupId);
  const instance = async (name = 'shop-db'): Promise<{ caller: Caller; instanceId: string }> => {
    const caller = await world.newCaller();
    return { caller, instanceId: (await world.useCases.adoptInstance(caller, { name, uri: 'mongodb://a.example' })).id };
  };
  const backUp = async (caller: Caller, instanceId: string, name: string): Promise<string> => {
    const { backupId } = await world.useCases.createBackup(caller, { instanceId, name, description: '' });
    await runWaitingJobs(world);
    return backupId;
  };
  const proof = async (caller: Caller, instanceId: string) =>
    (await world.useCases.listInstances(caller, { offset: 0, limit: 100 })).rows.find(({ id }) => id === instanceId)!.proof;
  const schedule = (caller: Caller, instanceId: string) => world.useCases.showDrillSchedule(caller, instanceId);

  it('prove the newest backup when its days are over; the instance says how it stands, also when the backup is gone', async () => {
    const { caller, instanceId } = await instance();
    expect(await schedule(caller, instanceId)).toMatchObject({ schedule: null, proof: { state: 'none', allowedDays: null } });
    await world.useCases.setDrillSchedule(caller, instanceId, { everyDays: 7, assertions });
    await look();
    expect(drilled()).toEqual([]);
    expect(await schedule(caller, instanceId)).toMatchObject({
      schedule: { everyDays: 7, startTime: null, proofDays: 8, assertions },
      trouble: 'The instance has no COMPLETED backup.',
      lastBegun: null,
      proof: { state: 'waiting' },
    });
    await backUp(caller, instanceId, 'first');
    clock.moveBy(1000);
    const second = await backUp(caller, instanceId, 'second');
    await look();
    expect(held[0]?.assertions).toHaveLength(1);
    expect(drilled()).toEqual([second]);
    const begun = clock.now();
    expect(await schedule(caller, instanceId)).toMatchObject({ trouble: null, lastBegun: begun, proof: { state: 'proved' } });
    expect(await proof(caller, instanceId)).toEqual({
      state: 'proved',
      lastVerdict: 'proved',
      lastAt: begun,
      provedAt: begun,
      backupId: second,
      allowedDays: 8,
    });

    await look();
    clock.moveBy(7 * day - 1000);
    await look();
    expect(drilled()).toEqual([]);
    // The backup that was proved goes; the instance keeps its proof until it is too old.
    await world.useCases.deleteBackup(caller, second);
    await runWaitingJobs(world);
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'proved', backupId: second });
    outcome = 'impossible';
    clock.moveBy(1000);
    await look();
    expect(drilled()).toHaveLength(1);
    clock.moveBy(day);
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'proved' });
    clock.moveBy(1);
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'overdue', lastVerdict: 'proved' });
    // One without a verdict is tried again after a day.
    outcome = 'failed';
    await look();
    expect(drilled()).toHaveLength(1);
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'failed', lastVerdict: 'failed', provedAt: begun });
    outcome = 'proved';
    clock.moveBy(day);
    await look();
    expect(drilled()).toEqual([]);
    clock.moveBy(6 * day);
    await look();
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'proved' });
    await world.useCases.setDrillSchedule(caller, instanceId, null);
    drilled();
    clock.moveBy(30 * day);
    await look();
    expect(drilled()).toEqual([]);
    expect(await proof(caller, instanceId)).toMatchObject({ state: 'proved', allowedDays: null });
  });

  it('are held one at a time, the one that waited longest first, in their hour, whatever the clock does', async () => {
    clock.moveTo('2027-03-01T02:00:00Z');
    const one = await instance('one-db');
    const two = await instance('two-db');
    const ids = new Map<string, string>();
    for (const { caller, instanceId } of [one, two]) {
      ids.set(await backUp(caller, instanceId, 'only'), instanceId);
      await world.useCases.setDrillSchedule(caller, instanceId, { everyDays: 2, startTime: '03:00-04:00' });
    }
    const drilledInstances = (): (string | undefined)[] => drilled().map((id) => ids.get(id));
    await look();
    expect(drilledInstances()).toEqual([]);
    clock.moveTo('2027-03-01T03:00:00Z');
    await look();
    const [first] = drilledInstances();
    await look();
    const [second] = drilledInstances();
    expect(new Set([first, second])).toEqual(new Set([one.instanceId, two.instanceId]));
    clock.moveTo('2027-03-03T03:00:00Z');
    await look();
    await look();
    expect(drilledInstances()).toEqual([first, second]);
    // A year ahead for a while: one drill too many, and no proof of the future counts.
    clock.moveTo('2028-03-03T03:30:00Z');
    await look();
    await look();
    expect(drilledInstances()).toHaveLength(2);
    clock.moveTo('2027-03-04T02:00:00Z');
    expect(await proof(one.caller, one.instanceId)).toMatchObject({ state: 'overdue' });
    clock.moveTo('2027-03-04T03:30:00Z');
    await look();
    await look();
    expect(drilledInstances()).toHaveLength(2);
    expect(await proof(one.caller, one.instanceId)).toMatchObject({ state: 'proved' });
    await look();
    expect(drilled()).toEqual([]);
    for (const { caller, instanceId } of [one, two]) await world.useCases.setDrillSchedule(caller, instanceId, null);
  });

  it('and verdicts are kept in the repository, and go with what they are about', async () => {
    clock.moveTo('2027-06-01T12:00:00Z');
    const { caller, instanceId } = await instance();
    const backupId = await backUp(caller, instanceId, 'kept');
    await world.useCases.setDrillSchedule(caller, instanceId, { everyDays: 7, proofDays: 20, assertions });
    await look();
    expect(drilled()).toEqual([backupId]);
    const known = await proof(caller, instanceId);

    const created = clock.now().toISOString();
    await putRecord(world.repository, 'domain', 'default', { name: 'Default' });
    for (const { id, name } of await world.catalog.db.selectFrom('projects').select(['id', 'name']).execute())
      await putRecord(world.repository, 'project', id, { domainId: 'default', name, created });
    await using other = await openWorld({ ...(await open('server')), repository: world.repository, clock });
    await recoverCatalog(other.deps);
    expect(await other.useCases.showDrillSchedule(caller, instanceId)).toMatchObject({
      schedule: { everyDays: 7, proofDays: 20, assertions },
      lastBegun: known.lastAt,
      proof: known,
    });
    const backups = await other.useCases.listBackups(caller, { offset: 0, limit: 1 });
    expect(backups.rows).toMatchObject([{ id: backupId, proof: { verdict: 'proved', at: known.lastAt, seconds: 2 } }]);

    await world.useCases.deleteBackup(caller, backupId);
    await runWaitingJobs(world);
    await world.useCases.deleteInstance(caller, instanceId);
    await runWaitingJobs(world);
    for (const kind of ['proof', 'instance-proof', 'drill-schedule']) {
      const left = await Array.fromAsync(world.repository.records.list(kind));
      expect(left.filter(({ id }) => id === instanceId || id === backupId)).toEqual([]);
    }
  });

  it('belong to the project, and must be ones that can be held', async () => {
    const { instanceId } = await instance();
    const stranger = await world.newCaller();
    const code = (promise: Promise<unknown>) => promise.then(String, (error: unknown) => (error as LarderError).code);
    expect(await code(world.useCases.showDrillSchedule(stranger, instanceId))).toBe('instance-not-found');
    expect(await code(world.useCases.setDrillSchedule(stranger, instanceId, { everyDays: 7 }))).toBe('instance-not-found');
    expect(await code(world.useCases.setDrillSchedule(stranger, instanceId, null))).toBe('instance-not-found');
    expect(await code(world.useCases.setDrillSchedule(stranger, 'x', { everyDays: 0 }))).toBe('invalid-drill-schedule');
    expect(await code(world.useCases.setDrillSchedule(stranger, 'x', { everyDays: 1 }))).toBe('invalid-instance-id');
  });
});
