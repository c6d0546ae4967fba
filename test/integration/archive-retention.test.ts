import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpTime } from '../../src/core/image.ts';
import { refreshTimelines } from '../../src/engine/follow/archive-rows.ts';
import { retainArchives } from '../../src/engine/follow/retain-archives.ts';
import type { TrimArchiveTask } from '../../src/engine/tasks.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import type { OplogArchive } from '../../src/repository/port.ts';
import { openWorld, summary, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { entriesOf } from '../repository/sample-oplog.ts';

const start = '2026-03-01T00:00:00.000Z';
const startSeconds = Date.parse(start) / 1000;
const day = 86_400;
const never = new AbortController().signal;
const policy = { keepDays: 7, startTime: '03:00-04:00', period: '1,2,3,4,5,6,7' };
/** Nine in the morning of a day, the first being day 0. */
const onDay = (number: number): OpTime => ({ t: startSeconds + number * day + 9 * 3600, i: 2, term: 1 });

describe('the archive of an instance over days', () => {
  const clock = movableClock(start);
  let world: EngineWorld;
  let caller: Caller;
  let instanceId = '';
  let archive: OplogArchive;
  let seen = new Set<string>();

  beforeAll(async () => {
    world = await openWorld({ clock });
    await world.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  beforeEach(async () => {
    clock.moveTo(start);
    await world.catalog.db.deleteFrom('seen_time').execute();
    caller = await world.newCaller();
    seen = new Set();
    ({ id: instanceId } = await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' }));
    archive = world.repository.project(caller.projectId).oplog(instanceId);
    await archive.beginTimeline({ number: 1, after: onDay(0), begunAt: start, gap: null });
  });

  /** A segment for each day up to this one, two entries each. */
  const archiveTo = async (last: number, timeline = 1, first = 0): Promise<void> => {
    for (let number = first; number < last; number++) {
      await archive.append({ timeline, after: onDay(number) }, entriesOf(onDay(number + 1).t, 1, 2));
    }
    await show();
  };
  const show = () =>
    refreshTimelines(world.catalog.db, { repository: world.repository, projectId: caller.projectId, instanceId });
  /** A manual backup of nine in the morning of the day. */
  const backUp = async (number: number): Promise<string> => {
    clock.moveTo(new Date(onDay(number).t * 1000));
    const { t, i } = onDay(number);
    world.tasks.capture = async ({ backup }) => ({
      ...summary,
      clusterTime: { t, i },
      replayBase: { backupId: backup.id, time: onDay(number), oplogAfter: { t, i } },
    });
    const name = `day-${number}`;
    const { backupId, jobId } = await world.useCases.createBackup(caller, { instanceId, name, description: '' });
    await world.ended(caller, jobId);
    return backupId;
  };
  const turnOn = () =>
    world.catalog.db
      .insertInto('backup_policies')
      .values({
        instance_id: instanceId,
        keep_days: policy.keepDays,
        start_time: policy.startTime,
        period: policy.period,
        revision: 1,
        first_due: false,
      })
      .execute();
  const retain = () => retainArchives(world.deps, seen, never);
  const daysLeft = async (): Promise<readonly (readonly number[])[]> =>
    (await archive.stretches()).map(({ after, to }) => [after, to].map(({ t }) => Math.floor((t - startSeconds) / day)));
  const daysShown = async (): Promise<readonly (readonly number[])[]> =>
    (await world.useCases.listRestoreTimes(caller, instanceId)).map(({ start: from, end }) =>
      [from, end].map((moment) => Math.floor((moment.getTime() / 1000 - startSeconds) / day)),
    );
  const deleteBackup = async (backupId: string): Promise<void> => {
    const { jobId } = await world.useCases.deleteBackup(caller, backupId);
    await world.ended(caller, jobId);
  };

  it('P6: what lies before the oldest image goes when that image becomes the oldest, and the last image leaves only the end', async () => {
    await archiveTo(6);
    const [first, second] = [await backUp(1), await backUp(4)];
    await retain();
    expect([await daysLeft(), await daysShown()]).toEqual([[[1, 6]], [[1, 6]]]);
    await deleteBackup(first);
    expect([await daysLeft(), await daysShown()]).toEqual([[[4, 6]], [[4, 6]]]);
    await deleteBackup(second);
    expect([await daysLeft(), await daysShown()]).toEqual([[[5, 6]], []]);
    // History goes on where it ended.
    expect((await archive.newest())?.at).toEqual(onDay(6));
  });

  it('P6: what is older than the days of the policy goes, but for what leads on from the image before; not while the clock is in doubt', async () => {
    await archiveTo(12);
    for (const number of [1, 3, 8]) await backUp(number);
    await turnOn();
    clock.moveTo(new Date((onDay(12).t + 600) * 1000));
    const seenTime = { id: 'retention', seen: clock.now(), hold_until: new Date(clock.now().getTime() + 3_600_000) };
    await world.catalog.db.insertInto('seen_time').values(seenTime).execute();
    await retain();
    expect(await daysLeft()).toEqual([[1, 12]]);
    await world.catalog.db.updateTable('seen_time').set({ hold_until: clock.now() }).execute();
    await retain();
    // Seven days before the twelfth: from the image of the third on every moment restores.
    expect([await daysLeft(), await daysShown()]).toEqual([[[3, 12]], [[3, 12]]]);
    clock.moveBy(30 * day * 1000);
    await retain();
    expect([await daysLeft(), await daysShown()]).toEqual([[[8, 12]], [[8, 12]]]);
  });

  it('is put together into fewer objects, beside the small ones, and stays what it is', async () => {
    for (let n = 0; n < 100; n++)
      await archive.append(
        { timeline: 1, after: { ...onDay(0), t: onDay(0).t + 60 * n } },
        entriesOf(onDay(0).t + 60 * (n + 1), 1, 2),
      );
    await show();
    await backUp(0);
    clock.moveBy(7_200_000);
    const shown = async () => [await archive.stretches(), await world.useCases.listRestoreTimes(caller, instanceId)];
    const before = await shown();
    const segments = async () => (await Array.fromAsync(archive.segments(1))).length;
    await retain();
    expect(await segments()).toBe(101);
    expect(await shown()).toEqual(before);
  });

  it('P6: history that ended goes with its last image and its timeline', async () => {
    await archiveTo(3);
    const first = await backUp(1);
    await archive.beginTimeline({
      number: 2,
      after: onDay(4),
      begunAt: start,
      gap: { cause: 'rolled-over', detail: '', after: onDay(3), until: onDay(4), noticedAt: start },
    });
    await archiveTo(7, 2, 4);
    await backUp(5);
    await retain();
    expect(await daysLeft()).toEqual([
      [1, 3],
      [5, 7],
    ]);
    await deleteBackup(first);
    expect([await daysLeft(), await daysShown()]).toEqual([[[5, 7]], [[5, 7]]]);
    expect((await archive.timelines()).map(({ number }) => number)).toEqual([2]);
    await show();
    expect(await daysShown()).toEqual([[5, 7]]);
  });

  it('P6, R8: nothing goes while a restore to a moment is on its way, and none begins on what is going', async () => {
    await archiveTo(12);
    await backUp(1);
    await backUp(8);
    await turnOn();
    const release = Promise.withResolvers<void>();
    world.tasks.restore = async () => {
      await release.promise;
      return { documents: 1, bytes: 1, collections: 1, verified: true, replayed: [], seconds: 1, unbuilt: [], notes: [] };
    };
    clock.moveTo(new Date((onDay(20).t + 600) * 1000));
    const order = { targetInstanceId: instanceId, overwrite: true, moment: { instanceId, point: { t: onDay(2).t, i: 2 } } };
    const { jobId } = await world.useCases.restore(caller, order);
    await retain();
    expect([await daysLeft(), await daysShown()]).toEqual([[[0, 12]], [[1, 12]]]);
    release.resolve();
    await world.ended(caller, jobId);
    await retain();
    expect([await daysLeft(), await daysShown()]).toEqual([[[8, 12]], [[8, 12]]]);
    await expect(world.useCases.restore(caller, order)).rejects.toMatchObject({ code: 'time-not-restorable' });
    expect((await world.useCases.getJob(caller, jobId)).status).toBe('Completed');
  });

  it('P6: killed half way, what is shown restores, and a later round ends it', async () => {
    await archiveTo(6);
    await backUp(4);
    const killed = {
      ...world.deps,
      runTask: (async (task: TrimArchiveTask) => {
        // What a killed thread had done by then.
        const { store } = world.repository;
        const segments = await Array.fromAsync(store.list(`projects/${caller.projectId}/oplog/${instanceId}/all/segments/`));
        if (task.instanceId === instanceId) await store.delete(segments[1]!.key);
        throw new Error('killed');
      }) as EngineWorld['deps']['runTask'],
    };
    await retainArchives(killed, seen, never);
    expect(await daysShown()).toEqual([[4, 6]]);
    await show();
    expect([await daysLeft(), await daysShown()]).toEqual([
      [
        [0, 1],
        [2, 6],
      ],
      [[4, 6]],
    ]);
    await retain();
    expect([await daysLeft(), await daysShown()]).toEqual([[[4, 6]], [[4, 6]]]);
    // And so does the first round of another server, to which the catalog shows nothing to do.
    const entries = entriesOf(onDay(1).t, 1, 2);
    await archive.append({ timeline: 1, after: onDay(0) }, entries);
    await retain();
    expect(await daysLeft()).toEqual([
      [0, 1],
      [4, 6],
    ]);
    seen = new Set();
    await retain();
    expect(await daysLeft()).toEqual([[4, 6]]);
  });

  it('P6, A6: the archive goes with its instance; what a manual backup holds stays', async () => {
    await archiveTo(6);
    const backupId = await backUp(4);
    await turnOn();
    const { jobId } = await world.useCases.deleteInstance(caller, instanceId);
    expect((await world.ended(caller, jobId)).status).toBe('Completed');
    await retain();
    const left = await Array.fromAsync(world.repository.store.list(`projects/${caller.projectId}/oplog/`));
    expect(left).toEqual([]);
    expect(
      await world.catalog.db.selectFrom('oplog_timelines').select('number').where('instance_id', '=', instanceId).execute(),
    ).toEqual([]);
    expect((await world.useCases.showBackup(caller, backupId)).status).toBe('COMPLETED');
  });
});
