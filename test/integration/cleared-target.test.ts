import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import type { RestoreSummary } from '../../src/engine/tasks.ts';
import type { Caller, Job } from '../../src/engine/use-cases.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';

const restored: RestoreSummary = {
  documents: 1,
  bytes: 1,
  collections: 1,
  verified: true,
  replayed: [],
  seconds: 1,
  unbuilt: [],
  notes: [],
};

describe('the target of a finished restore', () => {
  let world: EngineWorld;
  let caller: Caller;
  let instanceId: string;
  let backupId: string;
  /** What was done, in order. */
  let done: string[];

  beforeAll(async () => {
    world = await openWorld();
    Object.assign(world.deps, { retryDelaysSeconds: [0, 0] });
    await world.start();
    caller = await world.newCaller();
    instanceId = (await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' })).id;
    const backup = await world.useCases.createBackup(caller, { instanceId, name: 'nightly', description: '' });
    await world.ended(caller, backup.jobId);
    backupId = backup.backupId;
  });
  beforeEach(() => {
    done = [];
    world.tasks.restore = async () => {
      done.push('restored');
      return restored;
    };
    world.tasks.clearTarget = async () => {
      done.push('cleared');
      return { cleared: true };
    };
  });
  afterAll(() => world[Symbol.asyncDispose]());

  async function restore(): Promise<Job> {
    const { jobId } = await world.useCases.restore(caller, { backupId, targetInstanceId: instanceId, overwrite: true });
    return world.ended(caller, jobId);
  }

  it('R3: is only cleared where a try before did the rest, for without its notes the restore would begin again', async () => {
    world.tasks.clearTarget = async () => {
      done.push('not cleared');
      if (done.length < 3) throw new LarderError('restore-failed', 'no primary', { retryable: true });
      return { cleared: true };
    };
    expect(await restore()).toMatchObject({ status: 'Completed', result: { documents: 1 } });
    expect(done).toEqual(['restored', 'not cleared', 'not cleared']);
  });

  it('is said to be as asked for where it cannot be cleared', async () => {
    world.tasks.clearTarget = async () => {
      throw new LarderError('restore-failed', 'Nobody answers.');
    };
    const { status, failReason } = await restore();
    expect(status).toBe('Failed');
    expect(failReason).toContain('All is restored and compared; only the notes of the restore are left');
    expect(failReason).toContain('Nobody answers.');
  });

  it('C4: is cleared, and keeps its data, where indexes could not be built', async () => {
    world.tasks.restore = async () => ({ ...restored, unbuilt: ['hay of shop.c (no such plugin)'] });
    const { status, failReason } = await restore();
    expect(status).toBe('Failed');
    expect(failReason).toContain('indexes could not be built: hay of shop.c (no such plugin)');
    expect(done).toEqual(['cleared']);
  });
});
