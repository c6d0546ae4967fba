import { describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { keepSchedule } from '../../src/engine/keep-schedule.ts';
import { openWorld, replicaSet, summary } from '../fixtures/engine-world.ts';
import { movableClock, rungTimers } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { seededRandom } from '../fixtures/workload.ts';

const hour = 3_600_000;
const day = 24 * hour;
const keepDays = 7;
const seed = 20_261_123;

describe('P5: a year of automated backups', () => {
  it(`with failures, silent servers and a clock that jumps by days (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const clock = movableClock('2026-01-01T12:00:00Z');
    const timers = rungTimers();
    await using world = await openWorld({ clock });
    let broken = false;
    world.tasks.capture = async () => {
      if (broken) throw new LarderError('capture-failed', 'the disk is full');
      return summary;
    };
    const caller = await world.newCaller();
    const instanceId = (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
    await world.useCases.setPolicy(caller, instanceId, { keepDays, startTime: '23:30-00:30', period: '1,2,3,4,5,6,7' });
    await runWaitingJobs(world);
    await using schedule = keepSchedule(world.deps, timers);
    void schedule;
    await timers.asleep();

    const restorable = () =>
      world.catalog.db
        .selectFrom('backups')
        .select(['id', 'begin_time', 'name'])
        .where('status', '=', 'COMPLETED')
        .orderBy('begin_time')
        .execute();
    let jumps = 0;
    const gone = new Set<string>();
    let known = await restorable();

    for (let today = Date.parse('2026-01-01T00:00:00Z'); today < Date.parse('2027-01-01T00:00:00Z'); today += day) {
      broken = random() < 0.08;
      const silent = !broken && random() < 0.05;
      world.deployment = silent ? new LarderError('instance-unreachable', 'no answer', { retryable: true }) : replicaSet;
      // Within the window, on both sides of midnight.
      clock.moveTo(new Date(today + 23.5 * hour + Math.floor(random() * hour)));
      await timers.ring();
      await runWaitingJobs(world);
      if (random() < 0.03) {
        // A wrong clock for some minutes: nothing may go that would not go anyway.
        const now = clock.now();
        const before = await restorable();
        clock.moveBy(Math.floor((random() - 0.5) * 800) * day);
        await timers.ring();
        clock.moveTo(now);
        await timers.ring();
        expect(await restorable()).toEqual(expect.arrayContaining(before));
        await runWaitingJobs(world);
        jumps++;
      }
      broken = false;
      clock.moveTo(new Date(today + day + 14 * hour));
      await timers.ring();
      await runWaitingJobs(world);

      const now = await restorable();
      expect(now.length).toBeGreaterThan(0);
      for (const backup of known) if (!now.some(({ id }) => id === backup.id)) gone.add(backup.name);
      const newest = now.at(-1);
      for (const backup of known) {
        const age = clock.now().getTime() - backup.begin_time.getTime();
        const isThere = now.some(({ id }) => id === backup.id);
        // Its days are its own; only the newest may outlive them, and a jump puts the end off by an hour at most.
        if (age < keepDays * day) expect(isThere).toBe(true);
        if (age >= (keepDays + 2) * day && backup.id !== newest?.id) expect(isThere).toBe(false);
      }
      known = now;
    }

    const windows = await world.catalog.db
      .selectFrom('backup_windows')
      .selectAll()
      .where('starts', '>=', new Date('2026-01-01T00:00:00Z'))
      .where('starts', '<', new Date('2027-01-01T00:00:00Z'))
      .execute();
    const started = windows.filter(({ outcome }) => outcome === 'started');
    const missed = windows.filter(({ outcome }) => outcome === 'missed');
    // A row for each night of the year; only one that was missed in the same night in which the clock was wrong may go unnoted.
    expect(windows.length).toBeLessThanOrEqual(365);
    expect(windows.length).toBeGreaterThanOrEqual(365 - jumps);
    expect(new Set(windows.map(({ starts }) => starts.getTime() % day))).toEqual(new Set([23.5 * hour]));
    expect(new Set(started.map(({ backup_id: id }) => id)).size).toBe(started.length);
    expect(new Set(missed.map(({ reason }) => reason))).toEqual(new Set(['The instance is not normal: no answer']));
    expect(jumps).toBeGreaterThan(3);
    expect(gone.size + known.length).toBeGreaterThan(300);
    expect(known.length).toBeLessThanOrEqual(keepDays + 1 + jumps);
  });
});
