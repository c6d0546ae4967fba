import { expect, it } from 'vitest';
import { createMetrics } from '../../src/engine/metrics.ts';
import { openWorld, summary, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { runWaitingJobs } from '../fixtures/run-waiting-jobs.ts';
import { until } from '../fixtures/until.ts';

it('metrics say how the installation stands, in the text format, and hold no secret', async () => {
  const clock = movableClock('2026-11-23T12:00:00Z');
  await using world = await openWorld({ clock });
  const { store } = world.repository;
  const metrics = createMetrics({ catalog: world.catalog, clock, log: world.deps.log, store, version: '1.2.3' });
  const value = async (line: string): Promise<string | undefined> => {
    const found = (await metrics.text()).split('\n').find((one) => one.startsWith(`${line} `));
    return found?.slice(line.length + 1);
  };
  world.tasks.capture = async (_task, { report }) => {
    const progress = { phase: 'scanning', share: null, documentsTotal: null, bytesTotal: null, bytesPerSecond: 0 };
    const rest = { secondsLeft: null, lagSeconds: null, oplogWindowSeconds: null };
    for (const done of [3, 10]) report({ ...progress, ...rest, documentsDone: done, bytesDone: 100 * done });
    return summary;
  };
  const deps = { ...world.deps, runTask: metrics.counting(world.deps.runTask) };

  const caller = await world.newCaller();
  const uri = 'mongodb://someone:hidden-secret@a.example';
  const { id } = await world.useCases.adoptInstance(caller, { name: 'shop-db', uri });
  const labels = `{project="${caller.projectId}",instance="${id}",name="shop-db"}`;
  expect(await value(`larder_newest_backup_age_seconds${labels}`)).toBeUndefined();
  await world.useCases.createBackup(caller, { instanceId: id, name: 'first', description: '' });
  expect(await value('larder_jobs{kind="backup",state="Running"}')).toBe('1');
  await runWaitingJobs({ ...world, deps });
  await world.useCases.setDrillSchedule(caller, id, { everyDays: 7 });
  clock.moveBy(90_000);
  expect(await value(`larder_newest_backup_age_seconds${labels}`)).toBe('90');
  expect(await value('larder_backups{state="COMPLETED",type="Manual"}')).toBe('1');
  expect(await value('larder_jobs{kind="backup",state="Running"}')).toBeUndefined();
  expect(await value('larder_jobs{kind="backup",state="Completed"}')).toBe('1');
  expect(await value('larder_task_documents_total{kind="capture"}')).toBe('10');
  expect(await value('larder_task_bytes_total{kind="capture"}')).toBe('1000');
  const freeing = metrics.counting((async () => ({ freedBytes: 70, segments: 2 })) as EngineWorld['deps']['runTask']);
  const trim = {
    kind: 'trim-archive',
    repository: deps.repositoryConnection,
    projectId: 'p',
    instanceId: id,
    timelines: [],
  } as const;
  for (let n = 0; n < 2; n++)
    await freeing<'trim-archive'>(trim, { signal: new AbortController().signal, report: () => undefined });
  expect(await value('larder_freed_bytes_total{kind="trim-archive"}')).toBe('140');
  expect(await value(`larder_proof_overdue${labels}`)).toBe('0');
  expect(await value(`larder_proof_good${labels}`)).toBeUndefined();
  expect(await value(`larder_archive_follows${labels}`)).toBeUndefined();
  const follower = { instance_id: id, holder: 'me', state: 'following', cause: null, since: clock.now() };
  const seen = { source_seconds: 1_700_000_100, window_seconds: 3600 };
  await world.catalog.db
    .insertInto('oplog_followers')
    .values({ ...follower, ...seen, lease_until: new Date('2100-01-01') })
    .execute();
  const [after, to] = [1_700_000_000, 1_700_000_060].map((t) => ({ t, i: 1, term: 1 }));
  const timeline = { instance_id: id, project_id: caller.projectId, begun: clock.now() };
  const gap = JSON.stringify({ cause: 'rolled-over', detail: 'too small' });
  await world.catalog.db
    .insertInto('oplog_timelines')
    .values([
      { ...timeline, number: 0, gap: null, stretches: '[]' },
      { ...timeline, number: 1, gap, stretches: JSON.stringify([{ after, to }]) },
    ])
    .execute();
  for (const [name, expected] of [
    ['follows', '1'],
    ['lag_seconds', '40'],
    ['window_seconds', '3600'],
    ['gaps', '1'],
  ])
    expect(await value(`larder_archive_${name}${labels}`), name).toBe(expected);
  await world.catalog.db
    .updateTable('oplog_followers')
    .set({ lease_until: new Date('2020-01-01') })
    .execute();
  expect(await value(`larder_archive_follows${labels}`)).toBe('0');
  clock.moveBy(9 * 86_400_000);
  expect(await value(`larder_proof_overdue${labels}`)).toBe('1');
  expect(await until(() => value('larder_repository_objects'), { what: 'the repository to be counted' })).toMatch(/^[1-9]\d*$/);
  metrics.scheduled(true);
  metrics.answered({ operation: 'listBackups', method: 'GET', status: 200, seconds: 0.01 });
  expect(await value('larder_scheduler_last_success_timestamp_seconds')).toBe(String(clock.now().getTime() / 1000));
  expect(await value('larder_http_request_duration_seconds_count{operation="listBackups",method="GET",status="200"}')).toBe('1');
  expect(await value('larder_build_info{version="1.2.3"}')).toBe('1');
  expect(await metrics.text()).not.toMatch(/hidden-secret|someone|a\.example/);

  await world.useCases.deleteInstance(caller, id);
  await runWaitingJobs(world);
  expect(await metrics.text()).not.toContain(id);
});
