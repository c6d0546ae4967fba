import { expect, it } from 'vitest';
import type { LarderError } from '../../src/core/errors.ts';
import { createMoments } from '../../src/engine/moments.ts';
import { planPointInTime } from '../../src/engine/plan-point-in-time.ts';
import { archiveEntries, note, type SaidEntry } from '../fixtures/archive-entries.ts';
import { openWorld, summary } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const codeOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => (error as LarderError).code);

/** `shop.orders` of the backup. */
const orders = 'a'.repeat(32);
const [invoices, left] = ['b'.repeat(32), 'c'.repeat(32)];
const command = (ns: string, uuid: string, o: object): SaidEntry => ({ op: 'c', ns: `${ns}.$cmd`, uuid, o });
const history = [
  command('shop', invoices, { create: 'invoices', idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }),
  command('shop', orders, { renameCollection: 'shop.orders', to: 'shop.sold', stayTemp: false }),
  command('yard', left, { create: 'left' }),
  { op: 'i', ns: 'shop.system.views', uuid: 'd'.repeat(32), o: { _id: 'shop.all', viewOn: 'sold', pipeline: [] } },
  command('shop', invoices, { renameCollection: 'shop.invoices', to: 'yard.invoices', stayTemp: false }),
  command('yard', left, { drop: 'left' }),
  note,
] as const;

it('A5: names are those of the moment, out of the backup and what was archived since', async () => {
  const clock = movableClock('2026-11-23T12:00:00Z');
  await using world = await openWorld({ clock });
  const { useCases } = world;
  const caller = await world.newCaller();
  const stranger = await world.newCaller();
  const instanceId = (await useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
  const t = Date.parse('2026-11-23T12:00:30Z') / 1000;
  const base = { t, i: 1, term: 1 };
  const seconds = (after: number) => new Date((t + after) * 1000 + 999);
  const databases = (time: Date, page = { offset: 0, limit: 100 }) =>
    useCases.listRestorableDatabases(caller, { instanceId, time, ...page });
  const collections = (time: Date, db: string, page = { offset: 0, limit: 100 }) =>
    useCases.listRestorableCollections(caller, { instanceId, time, db, ...page });
  const names = async (time: Date, db: string) => (await collections(time, db)).rows;

  expect(await useCases.listRestoreTimes(caller, instanceId)).toEqual([]);
  expect(await codeOf(databases(seconds(0)))).toBe('time-not-restorable');
  world.tasks.capture = async (task) => ({
    ...summary,
    clusterTime: { t, i: 1 },
    replayBase: { backupId: task.backup.id, time: base, oplogAfter: { t, i: 1 } },
  });
  await useCases.createBackup(caller, { instanceId, name: 'first', description: '' });
  await runWaitingJobs(world);
  // Without an archive of the log nothing leads to a moment.
  expect(await codeOf(databases(seconds(0)))).toBe('time-not-restorable');
  await archiveEntries(world, { projectId: caller.projectId, instanceId, after: base }, history);

  expect(await databases(seconds(0))).toEqual({ rows: ['shop'], total: 1 });
  expect(await names(seconds(0), 'shop')).toEqual(['orders']);
  expect(await names(seconds(1), 'shop')).toEqual(['invoices', 'orders']);
  expect(await names(seconds(2), 'shop')).toEqual(['invoices', 'sold']);
  expect(await databases(seconds(3))).toEqual({ rows: ['shop', 'yard'], total: 2 });
  expect(await names(seconds(4), 'shop')).toEqual(['all', 'invoices', 'sold']);
  expect(await names(seconds(6), 'yard')).toEqual(['invoices']);
  expect(await collections(seconds(4), 'shop', { offset: 1, limit: 1 })).toEqual({ rows: ['invoices'], total: 3 });
  expect(await databases(seconds(3), { offset: 1, limit: 5 })).toEqual({ rows: ['yard'], total: 2 });

  expect(await codeOf(names(seconds(4), 'sho'))).toBe('database-not-found');
  expect(await codeOf(names(seconds(2), 'yard'))).toBe('database-not-found');
  expect(await codeOf(names(seconds(2), 'a.b'))).toBe('invalid-database-name');
  // Before the image, and of a second that may not be over.
  expect(await codeOf(databases(seconds(-1)))).toBe('time-not-restorable');
  expect(await codeOf(databases(seconds(7)))).toBe('time-not-restorable');
  expect(await codeOf(useCases.listRestorableDatabases(stranger, { instanceId, time: seconds(3), offset: 0, limit: 1 }))).toBe(
    'instance-not-found',
  );
  expect(await codeOf(useCases.listRestoreTimes(caller, 'x'))).toBe('invalid-instance-id');

  // A moment never changes: it is read once, whoever asks however often, and not waited for for ever.
  let read = 0;
  const release = Promise.withResolvers<void>();
  const slow: typeof world.deps.runTask = async (task, context) => {
    read++;
    await release.promise;
    return world.deps.runTask(task, context);
  };
  const moments = createMoments({ ...world.deps, runTask: slow }, { waitMs: 1 });
  const plan = (after: number) =>
    planPointInTime(world.deps, caller.projectId, { instanceId, point: { t: t + after, i: 0xffff_ffff } });
  const outline = async (after: number) => moments.outline(caller.projectId, await plan(after));
  for (const after of [1, 1, 2, 3, 4]) expect(await codeOf(outline(after))).toBe('still-reading');
  expect(read).toBe(2);
  const patient = createMoments({ ...world.deps, runTask: slow });
  const both = [1, 1].map(async () => patient.outline(caller.projectId, await plan(1)));
  release.resolve();
  expect((await Promise.all(both)).map((image) => image.collections.length)).toEqual([2, 2]);
  await patient.outline(caller.projectId, await plan(1));
  expect(read).toBe(3);

  await world.catalog.db.updateTable('instances').set({ mode: 'Single' }).execute();
  expect(await codeOf(useCases.listRestoreTimes(caller, instanceId))).toBe('unsupported-operation');
});
