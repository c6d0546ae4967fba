import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/engine/use-cases.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld } from '../fixtures/engine-world.ts';
import { scriptProcess } from '../fixtures/script-process.ts';
import { testRepository } from '../fixtures/test-repository.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const open = usePostgres();

describe.each(catalogPlaces)('a server killed in the middle of a backup, %s catalog', (place) => {
  it('goes on with it when it is started again', async () => {
    await using folder = await temporaryFolder();
    const where = await open(place);
    const storeUrl = pathToFileURL(join(folder.path, 'repository')).href;
    const args = [folder.path, storeUrl, ...(where.databaseUrl === undefined ? [] : [where.databaseUrl])];
    await using server = scriptProcess('capture-forever.ts', args);
    const line = await server.line();
    const { caller, jobId, backupId } = JSON.parse(line.replace('capturing ', '')) as {
      caller: Caller;
      jobId: string;
      backupId: string;
    };
    await server.kill();

    const repository = await testRepository(await openStore(storeUrl, { clock: systemClock }));
    await using next = await openWorld({ ...where, dataFolder: folder.path, repository });
    expect(await next.useCases.getJob(caller, jobId)).toMatchObject({ status: 'Running' });
    await next.start();
    expect((await next.ended(caller, jobId)).status).toBe('Completed');
    expect((await next.useCases.showBackup(caller, backupId)).status).toBe('COMPLETED');
    const row = await next.catalog.db.selectFrom('jobs').select('tries').where('id', '=', jobId).executeTakeFirstOrThrow();
    expect(row.tries).toBe(2);
    expect((await next.useCases.listInstances(caller, { offset: 0, limit: 1 })).rows[0]?.actions).toEqual([]);
  });
});

describe('a job that kills its server each time', () => {
  it('is given up with a reason', async () => {
    await using world = await openWorld();
    const caller = await world.newCaller();
    const { id: instanceId } = await world.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' });
    const { jobId, backupId } = await world.useCases.createBackup(caller, { instanceId, name: 'poison', description: '' });
    await world.catalog.db.updateTable('jobs').set({ tries: 10 }).where('id', '=', jobId).execute();
    await world.start();
    expect(await world.ended(caller, jobId)).toMatchObject({
      status: 'Failed',
      failReason: 'Given up after 10 interrupted tries.',
    });
    expect((await world.useCases.showBackup(caller, backupId)).status).toBe('FAILED');
  });
});
