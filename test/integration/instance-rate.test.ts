import { expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { readRecords } from '../../src/engine/records.ts';
import type { CaptureTask } from '../../src/engine/tasks.ts';
import { openWorld, summary } from '../fixtures/engine-world.ts';

it('the rate of an instance holds for its next backups, unless one has its own, and is in the repository too', async () => {
  await using world = await openWorld();
  const caller = await world.newCaller();
  const { id } = await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' });
  const rates: (number | undefined)[] = [];
  world.tasks.capture = async (task: CaptureTask) => {
    rates.push(task.rateMbPerS);
    return summary;
  };
  await world.start();
  let backups = 0;
  const backUp = async (own: { readonly rateMbPerS?: number } = {}): Promise<void> => {
    const request = { instanceId: id, name: `backup-${backups++}`, description: '', ...own };
    const { jobId } = await world.useCases.createBackup(caller, request);
    expect((await world.ended(caller, jobId)).status).toBe('Completed');
  };
  await backUp();
  expect((await world.useCases.setInstance(caller, id, { rateMbPerS: 20 })).rateMbPerS).toBe(20);
  await backUp();
  await backUp({ rateMbPerS: 0.5 });
  expect(await readRecords(world.repository, 'instance')).toMatchObject([{ id, record: { name: 'shop-db', rateMbPerS: 20 } }]);
  await world.useCases.setInstance(caller, id, { rateMbPerS: null });
  await backUp();
  expect(rates).toEqual([undefined, 20, 0.5, undefined]);
  const stranger = await world.newCaller();
  const refused = await world.useCases.setInstance(stranger, id, { rateMbPerS: 1 }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(LarderError);
  expect(refused).toMatchObject({ code: 'instance-not-found' });
});
