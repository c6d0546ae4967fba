import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, replicaSet, summary, type EngineWorld } from '../fixtures/engine-world.ts';
import { movableClock } from '../fixtures/movable-clock.ts';
import { until } from '../fixtures/until.ts';

const open = usePostgres();

const adopt = async (world: EngineWorld, caller: Caller): Promise<string> =>
  (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://me:hunter2@a.example' })).id;

/** Ends when the signal says so, and tells when it has begun. */
function hanging(): { capture: NonNullable<EngineWorld['tasks']['capture']>; begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  return {
    begun: begun.promise,
    capture: (_task, { signal }) =>
      new Promise((_resolve, reject) => {
        begun.resolve();
        signal.addEventListener('abort', () => reject(new LarderError('cancelled', 'stopped', { retryable: true })));
      }),
  };
}

describe.each(catalogPlaces)('use cases without workers, %s catalog', (place) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openWorld(await open(place));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('adopts an instance and never shows its credentials', async () => {
    const caller = await world.newCaller();
    const id = await adopt(world, caller);
    const { rows, total } = await world.useCases.listInstances(caller, { offset: 0, limit: 100 });
    expect(total).toBe(1);
    expect(rows[0]).toMatchObject({ id, name: 'shop-db', status: 'normal', actions: [], datastoreVersion: '6.0', port: 27017 });
    expect(rows[0]?.nodes.map((node) => node.id)).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}no02$/),
      expect.stringMatching(/no02$/),
    ]);
    const stored = await world.catalog.db.selectFrom('instances').selectAll().where('id', '=', id).execute();
    const records: unknown[] = [];
    for await (const record of world.repository.records.list('instance')) records.push(record);
    expect(JSON.stringify({ rows, stored, records })).not.toContain('hunter2');
  });

  it('does not adopt a sharded cluster', async () => {
    const caller = await world.newCaller();
    world.deployment = { ...replicaSet, mode: 'Sharding' };
    expect(await codeOf(adopt(world, caller))).toBe('instance-unsupported');
    world.deployment = replicaSet;
  });

  it('begins a backup: backup, job and action are there when the answer is', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const { jobId, backupId } = await world.useCases.createBackup(caller, { instanceId, name: 'first', description: 'ä' });
    expect(backupId).toMatch(/^[0-9a-f]{32}br02$/);
    expect(await world.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Running', instanceId, backupId, ended: null });
    expect((await world.useCases.listBackups(caller, { offset: 0, limit: 10 })).rows).toMatchObject([
      { id: backupId, name: 'first', description: 'ä', status: 'BUILDING', type: 'Manual', endTime: null, sizeBytes: 0 },
    ]);
    expect((await world.useCases.listInstances(caller, { offset: 0, limit: 1, id: instanceId })).rows[0]?.actions).toEqual([
      'BACKUP',
    ]);
    expect(await codeOf(world.useCases.createBackup(caller, { instanceId, name: 'second', description: '' }))).toBe(
      'instance-busy',
    );
    expect(await codeOf(world.useCases.createBackup(caller, { instanceId, name: 'first', description: '' }))).toBe(
      'backup-name-taken',
    );
    expect(await codeOf(world.useCases.deleteBackup(caller, backupId))).toBe('instance-busy');
  });

  it('lets one of 50 racing requests of one name through', async () => {
    const caller = await world.newCaller();
    const instances = await Promise.all(Array.from({ length: 5 }, () => adopt(world, caller)));
    const codes = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        codeOf(world.useCases.createBackup(caller, { instanceId: instances[n % 5] ?? '', name: 'same', description: '' })),
      ),
    );
    expect(codes.filter((each) => each === 'fine')).toHaveLength(1);
    expect(codes.filter((each) => each === 'backup-name-taken')).toHaveLength(49);
    await expectConsistent(world, caller, 1);
  });

  it('lets one of 20 racing requests of different names on one instance through', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        codeOf(world.useCases.createBackup(caller, { instanceId, name: `name-${n}`, description: '' })),
      ),
    );
    expect(codes.filter((each) => each === 'fine')).toHaveLength(1);
    expect(codes.filter((each) => each === 'instance-busy')).toHaveLength(19);
    await expectConsistent(world, caller, 1);
  });

  it('refuses in the order of the contract and changes nothing', async () => {
    const caller = await world.newCaller();
    const stranger = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const refused = (request: object, who = caller) =>
      codeOf(world.useCases.createBackup(who, { instanceId, name: 'good', description: '', ...request }));
    expect(await refused({ instanceId: 'x', name: '1', description: '<' })).toBe('invalid-instance-id');
    expect(await refused({ name: '1', description: '<' })).toBe('invalid-backup-name');
    expect(await refused({ instanceId: `${'0'.repeat(32)}in02`, description: '<' })).toBe('invalid-backup-description');
    expect(await refused({ instanceId: `${'0'.repeat(32)}in02` })).toBe('instance-not-found');
    expect(await refused({}, stranger)).toBe('instance-not-found');
    await world.catalog.db
      .updateTable('instances')
      .set({ probed: new Date(0) })
      .where('id', '=', instanceId)
      .execute();
    world.deployment = new LarderError('instance-unreachable', 'no answer', { retryable: true });
    expect(await refused({})).toBe('instance-not-ready');
    expect((await world.useCases.showInstance(caller, instanceId)).status).toBe('abnormal');
    world.deployment = replicaSet;
    expect((await world.useCases.showInstance(caller, instanceId)).status).toBe('normal');
    await expectConsistent(world, caller, 0);
  });

  it('does not ask servers again that were asked a moment ago', async () => {
    const caller = await world.newCaller();
    const { clock } = world.deps;
    // However long this takes, it is a moment.
    Object.assign(world.deps, { clock: movableClock(clock.now().toISOString()) });
    const instanceId = await adopt(world, caller);
    const before = world.probes;
    await world.useCases.createBackup(caller, { instanceId, name: 'soon', description: '' });
    expect(world.probes).toBe(before);
    Object.assign(world.deps, { clock });
  });

  it('pages through backups by offset and by marker', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      const { backupId } = await world.useCases.createBackup(caller, { instanceId, name: `backup-${n}`, description: '' });
      // All begin in the same instant, in twos: the order must be total anyway.
      const begin = new Date(Date.UTC(2026, 0, 1, 0, 0, n >> 1));
      await world.catalog.db.updateTable('backups').set({ begin_time: begin }).where('id', '=', backupId).execute();
      await world.catalog.db
        .updateTable('instances')
        .set({ action: null, action_job_id: null })
        .where('id', '=', instanceId)
        .execute();
      ids.push(backupId);
    }
    const all = await world.useCases.listBackups(caller, { offset: 0, limit: 100 });
    expect(all.total).toBe(5);
    expect(all.rows.map((row) => row.id).toSorted()).toEqual(ids.toSorted());
    const paged: string[] = [];
    for (let marker: string | undefined; ;) {
      const page = await world.useCases.listBackups(caller, { offset: 0, limit: 2, ...(marker === undefined ? {} : { marker }) });
      expect(page.total).toBe(5);
      paged.push(...page.rows.map((row) => row.id));
      marker = page.rows.at(-1)?.id;
      if (page.rows.length < 2) break;
    }
    expect(paged).toEqual(all.rows.map((row) => row.id));
    expect((await world.useCases.listBackups(caller, { offset: 3, limit: 100 })).rows).toEqual(all.rows.slice(3));
    const first = new Date(Date.UTC(2026, 0, 1));
    expect((await world.useCases.listBackups(caller, { offset: 0, limit: 9, begin: first, end: first })).total).toBe(2);
    expect((await world.useCases.listBackups(caller, { offset: 0, limit: 9, mode: 'Sharding' })).total).toBe(0);
    expect(
      await codeOf(world.useCases.listBackups(await world.newCaller(), { offset: 0, limit: 9, backupId: ids[0] ?? '' })),
    ).toBe('backup-not-found');
  });

  it('finds instances by exact and by partial name', async () => {
    const caller = await world.newCaller();
    await adopt(world, caller);
    const total = async (name: string) => (await world.useCases.listInstances(caller, { offset: 0, limit: 9, name })).total;
    expect([await total('shop-db'), await total('shop'), await total('*op-d'), await total('*%')]).toEqual([1, 0, 1, 0]);
  });

  it('keeps access keys to their owner', async () => {
    const caller = await world.newCaller();
    const other = await world.newCaller();
    const { access, secret } = await world.useCases.createAccessKey(caller);
    expect(await world.identity.findAccessKey(access)).toMatchObject({ secret, userId: caller.userId });
    expect(await world.useCases.listAccessKeys(caller)).toMatchObject([{ access }]);
    expect(await codeOf(world.useCases.deleteAccessKey(other, access))).toBe('access-key-not-found');
    await world.useCases.deleteAccessKey(caller, access);
    expect(await world.identity.findAccessKey(access)).toBeNull();
  });
});

describe.each(catalogPlaces)('jobs, %s catalog', (place) => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openWorld(await open(place));
    await world.start({ reconcileSeconds: 1 });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const backUp = async (caller: Caller, instanceId: string, name: string) => {
    const made = await world.useCases.createBackup(caller, { instanceId, name, description: '' });
    return { ...made, job: await world.ended(caller, made.jobId) };
  };

  it('completes a backup, restores it, deletes it, and its name is free again', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const first = await backUp(caller, instanceId, 'nightly');
    expect(first.job).toMatchObject({ status: 'Completed', failReason: null, backupId: first.backupId });
    const details = await world.useCases.showBackup(caller, first.backupId);
    expect(details).toMatchObject({
      status: 'COMPLETED',
      sizeBytes: summary.imageBytes,
      clusterTime: summary.clusterTime,
      documentsRead: 1000,
    });
    expect((await world.useCases.listInstances(caller, { offset: 0, limit: 1 })).rows[0]?.actions).toEqual([]);

    let candidates: readonly string[] = [];
    world.tasks.capture = async (task) => {
      candidates = task.baseCandidates;
      expect(task.instance.uri).toBe('mongodb://me:hunter2@a.example');
      return summary;
    };
    expect((await backUp(caller, instanceId, 'nightly-2')).job.status).toBe('Completed');
    expect(candidates).toEqual([first.backupId]);
    delete world.tasks.capture;

    const request = { backupId: first.backupId, targetInstanceId: instanceId };
    expect(await codeOf(world.useCases.restore(caller, { ...request, overwrite: false }))).toBe('target-not-empty');
    expect(await codeOf(world.useCases.restore(caller, { ...request, sourceInstanceId: 'other', overwrite: true }))).toBe(
      'operation-illegal',
    );
    const release = Promise.withResolvers<void>();
    world.tasks.restore = async () => {
      await release.promise;
      return {
        documents: 1,
        bytes: 4_000_000,
        collections: 1,
        verified: true,
        replayed: [],
        seconds: 2,
        unbuilt: [],
        notes: ['a note'],
      };
    };
    const { jobId } = await world.useCases.restore(caller, { ...request, sourceInstanceId: instanceId, overwrite: true });
    expect(await codeOf(world.useCases.deleteBackup(caller, first.backupId))).toBe('backup-in-use');
    expect(await codeOf(world.useCases.createBackup(caller, { instanceId, name: 'meanwhile', description: '' }))).toBe(
      'instance-busy',
    );
    release.resolve();
    const proved = { seconds: 2, bytesPerSecond: 2_000_000 };
    expect(await world.ended(caller, jobId)).toMatchObject({
      status: 'Completed',
      result: { verdict: 'equal', documents: 1, notes: ['a note'], ...proved },
    });
    const { proof } = await world.useCases.showBackup(caller, first.backupId);
    expect(proof).toMatchObject({ verdict: 'proved', jobId, at: expect.any(Date), ...proved });

    const tried = async (code: 'object-corrupt' | 'restore-failed') => {
      world.tasks.restore = async () => {
        throw new LarderError(code, `${code} it is`);
      };
      const failing = await world.useCases.restore(caller, { ...request, overwrite: true });
      expect(await world.ended(caller, failing.jobId)).toMatchObject({ status: 'Failed', failReason: `${code} it is` });
      return { by: failing.jobId, proof: (await world.useCases.showBackup(caller, first.backupId)).proof };
    };
    // Perhaps the target's fault.
    expect((await tried('restore-failed')).proof).toEqual(proof);
    const disproved = await tried('object-corrupt');
    expect(disproved.proof).toMatchObject({ verdict: 'failed', reason: 'object-corrupt it is', jobId: disproved.by });
    const { rows } = await world.useCases.listInstances(caller, { offset: 0, limit: 1 });
    expect(rows[0]?.proof).toMatchObject({ lastVerdict: 'failed', provedAt: proof?.at });

    const deletion = await world.useCases.deleteBackup(caller, first.backupId);
    expect((await world.ended(caller, deletion.jobId)).status).toBe('Completed');
    expect(await codeOf(world.useCases.deleteBackup(caller, first.backupId))).toBe('backup-not-found');
    expect((await backUp(caller, instanceId, 'nightly')).job.status).toBe('Completed');
  });

  it('tries again what may pass, three times, and then says why in words without secrets', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    let tries = 0;
    world.tasks.capture = async () => {
      tries++;
      throw new LarderError('capture-failed', 'No answer from mongodb://me:hunter2@a.example/', {
        retryable: true,
        details: { member: 'a' },
      });
    };
    const { job, backupId } = await backUp(caller, instanceId, 'doomed');
    expect(tries).toBe(3);
    expect(job).toMatchObject({ status: 'Failed', failReason: 'No answer from mongodb://***@a.example/ (member: a)' });
    expect(await world.useCases.showBackup(caller, backupId)).toMatchObject({
      status: 'FAILED',
      failReason: job.failReason,
      sizeBytes: 0,
    });
    expect((await world.useCases.listInstances(caller, { offset: 0, limit: 1 })).rows[0]?.actions).toEqual([]);

    tries = 0;
    world.tasks.capture = async () => {
      if (++tries < 3) throw new LarderError('store-unavailable', 'full', { retryable: true });
      return summary;
    };
    expect((await backUp(caller, instanceId, 'lucky')).job.status).toBe('Completed');
    expect(tries).toBe(3);

    tries = 0;
    world.tasks.capture = async () => {
      tries++;
      throw new TypeError('cannot read mongodb://me:hunter2@a.example');
    };
    expect((await backUp(caller, instanceId, 'mishap')).job).toMatchObject({
      status: 'Failed',
      failReason: 'An unexpected error happened.',
    });
    expect(tries).toBe(1);
    delete world.tasks.capture;
  });

  it('shows progress while a job runs', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const release = Promise.withResolvers<void>();
    const progress = {
      phase: 'scan',
      share: 0.5,
      documentsDone: 5,
      documentsTotal: 10,
      bytesDone: 50,
      bytesTotal: 100,
      bytesPerSecond: 1,
      secondsLeft: 50,
      lagSeconds: null,
      oplogWindowSeconds: null,
    };
    world.tasks.capture = async (_task, { report }) => {
      report({ ...progress, documentsDone: 1 });
      report(progress);
      await release.promise;
      return summary;
    };
    const { jobId } = await world.useCases.createBackup(caller, { instanceId, name: 'slow', description: '' });
    // Whichever was written first, the newest is shown in the end.
    const seen = await until(
      async () => {
        const { progress: shown } = await world.useCases.getJob(caller, jobId);
        return shown?.documentsDone === 5 ? shown : null;
      },
      { what: 'the newest progress' },
    );
    expect(seen).toEqual(progress);
    release.resolve();
    expect((await world.ended(caller, jobId)).status).toBe('Completed');
    delete world.tasks.capture;
  });

  it('ends a job that the queue has lost', async () => {
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const { capture, begun } = hanging();
    world.tasks.capture = capture;
    const { jobId, backupId } = await world.useCases.createBackup(caller, { instanceId, name: 'lost', description: '' });
    await begun;
    const row = await world.catalog.db.selectFrom('jobs').select('queue_id').where('id', '=', jobId).executeTakeFirstOrThrow();
    await world.jobs.discard('long', row.queue_id);
    expect(await world.ended(caller, jobId)).toMatchObject({
      status: 'Failed',
      failReason: expect.stringContaining('lost') as string,
    });
    expect((await world.useCases.showBackup(caller, backupId)).status).toBe('FAILED');
    delete world.tasks.capture;
    expect((await backUp(caller, instanceId, 'next')).job.status).toBe('Completed');
  });
});

describe.each(catalogPlaces)('a graceful stop, %s catalog', (place) => {
  it('gives a running job back, and the next server finishes it', async () => {
    const where = await open(place);
    await using first = await openWorld(where);
    const { capture, begun } = hanging();
    first.tasks.capture = capture;
    const caller = await first.newCaller();
    const instanceId = await adopt(first, caller);
    const running = await first.start();
    const { jobId, backupId } = await first.useCases.createBackup(caller, { instanceId, name: 'interrupted', description: '' });
    await begun;
    await running.stop(120_000);
    expect(await first.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Running', failReason: null });

    // The embedded catalog stays open here, as only one process may have it; the next server is one more queue over it.
    await using next = await openNext(first, where);
    await next.start();
    expect((await next.ended(caller, jobId)).status).toBe('Completed');
    expect((await next.useCases.showBackup(caller, backupId)).status).toBe('COMPLETED');
  });
});

async function openNext(world: EngineWorld, where: { databaseUrl?: string }): Promise<EngineWorld> {
  if (where.databaseUrl !== undefined) return openWorld({ ...where, repository: world.repository });
  const { openJobQueue } = await import('../../src/jobs/open-job-queue.ts');
  const { startJobs } = await import('../../src/engine/start-jobs.ts');
  const jobs = await openJobQueue(world.catalog.queueDatabase);
  delete world.tasks.capture;
  const deps = { ...world.deps, jobs };
  return Object.assign(Object.create(world) as EngineWorld, {
    jobs,
    deps,
    start: () => startJobs(deps),
    [Symbol.asyncDispose]: () => jobs.stop(5000),
  });
}

/** As many backups as running jobs, queue entries and taken instances. */
async function expectConsistent(world: EngineWorld, caller: Caller, count: number): Promise<void> {
  const { db } = world.catalog;
  const backups = await db.selectFrom('backups').select('id').where('project_id', '=', caller.projectId).execute();
  const jobs = await db.selectFrom('jobs').selectAll().where('project_id', '=', caller.projectId).execute();
  const taken = await db
    .selectFrom('instances')
    .select('action_job_id')
    .where('project_id', '=', caller.projectId)
    .where('action', 'is not', null)
    .execute();
  expect([backups.length, jobs.length, taken.length]).toEqual([count, count, count]);
  expect(taken.map((row) => row.action_job_id)).toEqual(jobs.map((job) => job.id));
  for (const job of jobs) expect(await world.jobs.state('long', job.queue_id)).toBe('waiting');
}
