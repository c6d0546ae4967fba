import { expect, it } from 'vitest';
import type { LarderError } from '../../src/core/errors.ts';
import { openWorld, summary } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

it('A5: names come of the newest backup at or before the time; without an archive of the log there are no ranges', async () => {
  const clock = movableClock('2026-11-23T12:00:00Z');
  await using world = await openWorld({ clock });
  const caller = await world.newCaller();
  const stranger = await world.newCaller();
  const instanceId = (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
  const imageSecond = Date.parse('2026-11-23T12:00:30Z') / 1000;
  world.tasks.capture = async () => ({ ...summary, clusterTime: { t: imageSecond, i: 1 } });
  await world.useCases.createBackup(caller, { instanceId, name: 'first', description: '' });
  await runWaitingJobs(world);

  const page = { offset: 0, limit: 100 };
  const at = (time: string) => ({ instanceId, time: new Date(time), ...page });
  const { useCases } = world;
  expect(await useCases.listRestoreTimes(caller, instanceId)).toEqual([]);
  expect(await useCases.listRestorableDatabases(caller, at('2026-11-23T11:59:59Z'))).toEqual({ rows: [], total: 0 });
  // The backup had begun by then, but what it holds is of a later moment.
  expect(await useCases.listRestorableDatabases(caller, at('2026-11-23T12:00:29Z'))).toEqual({ rows: [], total: 0 });
  expect(await useCases.listRestorableDatabases(caller, at('2026-11-23T12:00:30Z'))).toEqual({ rows: ['shop'], total: 1 });
  expect(await useCases.listRestorableDatabases(caller, { ...at('2026-11-24T00:00:00Z'), offset: 1 })).toEqual({
    rows: [],
    total: 1,
  });
  expect(await useCases.listRestorableCollections(caller, { ...at('2026-11-24T00:00:00Z'), db: 'shop' })).toEqual({
    rows: ['orders'],
    total: 1,
  });

  const codeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error as LarderError).code);
  expect(await codeOf(useCases.listRestorableCollections(caller, { ...at('2026-11-24T00:00:00Z'), db: 'sho' }))).toBe(
    'database-not-found',
  );
  expect(await codeOf(useCases.listRestorableDatabases(stranger, at('2026-11-24T00:00:00Z')))).toBe('instance-not-found');
  expect(await codeOf(useCases.listRestoreTimes(caller, 'x'))).toBe('invalid-instance-id');
  await world.catalog.db.updateTable('instances').set({ mode: 'Single' }).execute();
  expect(await codeOf(useCases.listRestoreTimes(caller, instanceId))).toBe('unsupported-operation');
});
