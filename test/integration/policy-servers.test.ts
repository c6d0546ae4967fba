import { describe, expect, it } from 'vitest';
import { instanceRefresher } from '../../src/engine/refresh-instance.ts';
import { scheduleRound } from '../../src/engine/schedule-round.ts';
import { usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';

const open = usePostgres();
const day = 86_400_000;
const on = { keepDays: 7, startTime: '19:00-20:00', period: '1,2,3,4,5,6,7' };

describe('two servers on one PostgreSQL catalog', () => {
  it('begin one backup at once and one in a window, whoever looks first', async () => {
    const clock = movableClock('2026-11-23T12:00:00Z');
    const where = await open('server');
    await using one = await openWorld({ ...where, clock });
    await using other = await openWorld({ ...where, clock, repository: one.repository });
    const caller = await one.newCaller();
    const instanceId = (await one.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
    const looks = [one, other].map(({ deps }) => {
      const refresh = instanceRefresher(deps);
      return () => scheduleRound(deps, refresh);
    });
    const look = (): Promise<unknown> => Promise.all([...looks, ...looks, ...looks].map((each) => each()));
    await Promise.all([one.useCases.setPolicy(caller, instanceId, on), other.useCases.setPolicy(caller, instanceId, on)]);
    await look();
    await runWaitingJobs(one);
    const troubles = new Set<string | null>();
    for (let days = 0; days < 3; days++) {
      clock.moveTo(new Date(Date.parse('2026-11-23T19:00:00Z') + days * day));
      await look();
      troubles.add((await one.useCases.showPolicy(caller, instanceId)).trouble);
      await runWaitingJobs(days === 1 ? one : other);
    }
    expect(troubles).toEqual(new Set([null]));
    const { rows } = await one.useCases.listBackups(caller, { offset: 0, limit: 100 });
    expect(rows.map(({ beginTime }) => beginTime.toISOString().slice(0, 16))).toEqual([
      '2026-11-25T19:00',
      '2026-11-24T19:00',
      '2026-11-23T19:00',
      '2026-11-23T12:00',
    ]);
    expect((await one.useCases.showPolicy(caller, instanceId)).windows.map(({ outcome }) => outcome)).toEqual([
      'started',
      'started',
      'started',
    ]);
  });
});
