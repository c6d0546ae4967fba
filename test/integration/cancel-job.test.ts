import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import type { Caller } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, type EngineWorld, type TestTasks } from '../fixtures/engine-world.ts';

const open = usePostgres();

const adopt = async (world: EngineWorld, caller: Caller): Promise<string> =>
  (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;

/** A task that ends only when its signal says so, and tells when it has begun. */
function hanging(thrown = new LarderError('cancelled', 'stopped')): { task: () => TestTasks; begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const run = (_: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> =>
    new Promise((_resolve, reject) => {
      begun.resolve();
      signal.addEventListener('abort', () => reject(thrown));
    });
  return { begun: begun.promise, task: () => ({ capture: run, restore: run }) };
}

async function expectIdle(world: EngineWorld, caller: Caller): Promise<void> {
  const { rows } = await world.useCases.listInstances(caller, { offset: 0, limit: 10 });
  expect(rows.map(({ actions }) => actions)).toEqual([[]]);
}

describe.each(catalogPlaces)('cancelling a job, %s catalog', (place) => {
  it('ends one that nobody has begun at once; its name is free again after a deletion', async () => {
    await using world = await openWorld(await open(place));
    const caller = await world.newCaller();
    const instanceId = await adopt(world, caller);
    const request = { instanceId, name: 'nightly', description: '' };
    const { jobId, backupId } = await world.useCases.createBackup(caller, request);
    const stranger = await world.newCaller();
    expect(await codeOf(world.useCases.cancelJob(stranger, jobId))).toBe('job-not-found');
    await world.useCases.cancelJob(caller, jobId);
    const failReason = `Cancelled by ${caller.userName}.`;
    expect(await world.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Failed', failReason });
    expect(await world.useCases.showBackup(caller, backupId)).toMatchObject({ status: 'FAILED', failReason });
    await expectIdle(world, caller);
    expect(await codeOf(world.useCases.cancelJob(caller, jobId))).toBe('operation-illegal');

    let captured = 0;
    world.tasks.capture = () => {
      captured++;
      throw new LarderError('internal', 'only counted');
    };
    expect(await codeOf(world.useCases.createBackup(caller, request))).toBe('backup-name-taken');
    await world.start();
    const deletion = await world.useCases.deleteBackup(caller, backupId);
    expect((await world.ended(caller, deletion.jobId)).status).toBe('Completed');
    const again = await world.useCases.createBackup(caller, request);
    await world.ended(caller, again.jobId);
    expect(captured, 'the cancelled one was never begun').toBe(1);
  });

  describe('that runs', () => {
    let world: EngineWorld;
    beforeAll(async () => {
      world = await openWorld(await open(place));
      Object.assign(world.deps, { retryDelaysSeconds: [3600] });
      await world.start();
    });
    beforeEach(() => {
      delete world.tasks.capture;
      delete world.tasks.restore;
      delete world.tasks.clearTarget;
    });
    afterAll(() => world[Symbol.asyncDispose]());

    it('ends a running backup, and asking twice is harmless', async () => {
      const caller = await world.newCaller();
      const instanceId = await adopt(world, caller);
      const { begun, task } = hanging();
      Object.assign(world.tasks, task());
      const { jobId, backupId } = await world.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
      await begun;
      await Promise.all([world.useCases.cancelJob(caller, jobId), world.useCases.cancelJob(caller, jobId)]);
      const reason = expect.stringMatching(new RegExp(`^Cancelled by ${caller.userName}\\. What it stored is reused`));
      expect(await world.ended(caller, jobId)).toMatchObject({ status: 'Failed', failReason: reason });
      expect((await world.useCases.showBackup(caller, backupId)).status).toBe('FAILED');
      await expectIdle(world, caller);
    });

    it.each([
      [new LarderError('cancelled', 'stopped'), / The target is incomplete/],
      [new LarderError('cancelled', 'stopped', { details: { untouched: true } }), /^Cancelled by [\w-]+\.$/],
    ])('says of a restore what it left behind (%#)', async (thrown, reason) => {
      const caller = await world.newCaller();
      const instanceId = await adopt(world, caller);
      const made = await world.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
      await world.ended(caller, made.jobId);
      const { begun, task } = hanging(thrown);
      Object.assign(world.tasks, task());
      const request = { backupId: made.backupId, targetInstanceId: instanceId, overwrite: true };
      const { jobId } = await world.useCases.restore(caller, request);
      await begun;
      await world.useCases.cancelJob(caller, jobId);
      expect(await world.ended(caller, jobId)).toMatchObject({ status: 'Failed', failReason: expect.stringMatching(reason) });
      await expectIdle(world, caller);
      expect((await world.useCases.showBackup(caller, made.backupId)).status).toBe('COMPLETED');
    });

    it('says of a restore that was done, and only had to be cleared away, that it was done', async () => {
      const caller = await world.newCaller();
      const instanceId = await adopt(world, caller);
      const made = await world.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
      await world.ended(caller, made.jobId);
      const clearing = Promise.withResolvers<void>();
      const fail = Promise.withResolvers<never>();
      world.tasks.clearTarget = () => {
        clearing.resolve();
        return fail.promise;
      };
      const request = { backupId: made.backupId, targetInstanceId: instanceId, overwrite: true };
      const { jobId } = await world.useCases.restore(caller, request);
      await clearing.promise;
      await world.useCases.cancelJob(caller, jobId);
      fail.reject(new LarderError('instance-unreachable', 'away', { retryable: true }));
      expect(await world.ended(caller, jobId)).toMatchObject({
        status: 'Failed',
        failReason: expect.stringMatching(/^Cancelled by [\w-]+\. By then all was restored and compared/),
      });
    });

    it('ends one that failed and would be tried again, without waiting for that', async () => {
      const caller = await world.newCaller();
      const instanceId = await adopt(world, caller);
      const begun = Promise.withResolvers<void>();
      const fail = Promise.withResolvers<never>();
      world.tasks.capture = () => {
        begun.resolve();
        return fail.promise;
      };
      const { jobId } = await world.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
      await begun.promise;
      // Both at once: whether the wish or the failure is written first, the job must not wait an hour.
      const cancelled = world.useCases.cancelJob(caller, jobId);
      fail.reject(new LarderError('instance-unreachable', 'away', { retryable: true }));
      await cancelled;
      expect(await world.ended(caller, jobId)).toMatchObject({
        status: 'Failed',
        failReason: expect.stringContaining('Cancelled by'),
      });
      await expectIdle(world, caller);
    });
  });
});

it('reaches the job through a server that does not run it', async () => {
  const where = await open('server');
  await using worker = await openWorld(where);
  const { begun, task } = hanging();
  Object.assign(worker.tasks, task());
  await worker.start();
  const caller = await worker.newCaller();
  const instanceId = await adopt(worker, caller);
  const { jobId } = await worker.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
  await begun;
  await using other = await openWorld({ ...where, repository: worker.repository });
  await other.useCases.cancelJob(caller, jobId);
  expect(await other.ended(caller, jobId)).toMatchObject({
    status: 'Failed',
    failReason: expect.stringContaining(`Cancelled by ${caller.userName}`),
  });
});
