import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openCatalog, type Catalog } from '../../src/catalog/open-catalog.ts';
import { keepArchives } from '../../src/engine/follow/keep-archives.ts';
import { findTimelines } from '../../src/engine/follow/archive-rows.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemTimers } from '../../src/lib/timers.ts';
import { readReplayEntry } from '../../src/mongo/replay-entry.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import type { OplogArchive, Unlock } from '../../src/repository/port.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld } from '../fixtures/engine-world.ts';
import { replicaSet } from '../fixtures/replica-set.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../fixtures/until.ts';

const open = usePostgres();

describe('the followers of two servers on one PostgreSQL catalog', () => {
  const set = replicaSet({ members: 1 });

  it('O2, P10, R10: one follows; when it falls silent the other goes on where the archive ends; a restore ends it, and a lost catalog finds all again', async () => {
    await using folder = await temporaryFolder();
    const url = pathToFileURL(folder.path).href;
    const unlock: Unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) };
    const repository = await openRepository({ store: await openStore(url), unlock, clock: systemClock, create: true });
    const where = await open('server');
    await using other = await openWorld({ ...where, repository });
    await other.start();
    const caller = await other.newCaller();
    const { id: instanceId } = await other.useCases.adoptInstance(caller, { name: 'shop-db', uri: set().uri });
    const { db } = other.catalog;
    await db
      .insertInto('backup_policies')
      .values({
        instance_id: instanceId,
        keep_days: 7,
        start_time: '03:00-04:00',
        period: '1,2,3,4,5,6,7',
        revision: 1,
        first_due: false,
      })
      .execute();
    await using client = new MongoClient(set().uri);
    const orders = client.db('shop').collection<{ _id: number }>('orders');
    const archive = repository.project(caller.projectId).oplog(instanceId);
    const keep = (catalog: Catalog): AsyncDisposable =>
      keepArchives({ ...other.deps, catalog, repositoryConnection: { url, unlock } }, systemTimers, {
        workerUrl: new URL('../../src/follower.ts', import.meta.url),
        intervalMs: 200,
        segmentBytes: 1024 * 1024,
        roundMs: 100,
      });
    const holder = async (): Promise<string | undefined> =>
      (await db.selectFrom('oplog_followers').select('holder').executeTakeFirst())?.holder;
    const shownUpTo = async (id: number): Promise<void> => {
      await orders.insertOne({ _id: id });
      await until(async () => (await ordersIn(archive)).includes(id), { what: `order ${id} in the archive` });
    };

    const cut = await openCatalog({ dataFolder: folder.path, databaseUrl: where.databaseUrl! });
    await using first = keep(cut);
    await until(async () => (await findTimelines(db, instanceId)).length > 0, { what: 'the first timeline' });
    await shownUpTo(1);
    const before = await holder();
    await using second = keep(other.catalog);
    await shownUpTo(2);
    expect(await holder()).toBe(before);

    // The first one cannot be heard any more, and does not know: for a moment both write.
    await cut.close();
    await sql`update oplog_followers set lease_until = now()`.execute(db);
    await until(async () => (await holder()) !== before, { what: 'the other to take over' });
    await shownUpTo(3);
    await shownUpTo(4);
    await first[Symbol.asyncDispose]();
    await shownUpTo(5);
    const [shown, ...more] = await until(
      async () => {
        const timelines = await findTimelines(db, instanceId);
        const [known] = await archive.stretches();
        return timelines[0]?.stretches.at(-1)?.to.t === known?.to.t ? timelines : null;
      },
      { what: 'the catalog to show the archive' },
    );
    expect(more).toEqual([]);
    expect(shown!.stretches).toHaveLength(1);
    expect(await ordersIn(archive)).toEqual([1, 2, 3, 4, 5]);

    // A restore that ends is the end of this history, and the next one needs an image.
    const { backupId, jobId } = await other.useCases.createBackup(caller, { instanceId, name: 'base', description: '' });
    expect((await other.ended(caller, jobId)).status).toBe('Completed');
    const restore = await other.useCases.restore(caller, { backupId, targetInstanceId: instanceId, overwrite: true });
    expect((await other.ended(caller, restore.jobId)).status).toBe('Completed');
    await until(async () => (await findTimelines(db, instanceId)).at(-1)?.gap?.cause === 'restored', {
      what: 'the timeline after the restore',
    });
    await orders.insertOne({ _id: 6 });
    const isDue = async (): Promise<boolean> =>
      (await db.selectFrom('backup_policies').select('first_due').executeTakeFirstOrThrow()).first_due;
    await until(isDue, { what: 'an automated backup to be due at once' });
    await second[Symbol.asyncDispose]();
    const state = async () => (await other.useCases.showInstance(caller, instanceId)).archive;
    expect(await state()).toMatchObject({ state: 'off', cause: null });
    // What a killed server leaves behind.
    await db
      .insertInto('oplog_followers')
      .values({
        instance_id: instanceId,
        holder: 'gone',
        lease_until: sql<Date>`now() - interval '1 second'`,
        state: 'following',
        cause: null,
        since: sql<Date>`now()`,
      })
      .execute();
    expect(await state()).toMatchObject({ state: 'stalled', cause: 'No server archives it at the moment.' });
    const [ended, begun] = await findTimelines(db, instanceId);
    expect(ended!.stretches).toEqual(shown!.stretches.map((stretch) => ({ ...stretch, to: ended!.stretches[0]!.to })));

    await using lost = await openWorld({ ...(await open('server')), repository });
    await repository.records.put('domain', 'default', { name: 'Default' });
    const project = { domainId: 'default', name: 'eu-de_default', created: systemClock.now().toISOString() };
    await repository.records.put('project', caller.projectId, project);
    await recoverCatalog({ catalog: lost.catalog, repository });
    const stretches = await archive.stretches();
    expect(await findTimelines(lost.catalog.db, instanceId)).toEqual(
      [ended!, begun!].map((known) => ({ ...known, stretches: stretches.filter(({ timeline }) => timeline === known.number) })),
    );
  });
});

/** Ids of the orders that were inserted, as the archive has it, each as often as it is read. */
async function ordersIn(archive: OplogArchive): Promise<readonly number[]> {
  const reader = await archive.open(1);
  const ids: number[] = [];
  for (const { after, to } of reader.stretches) {
    for await (const { buffer, starts, count } of reader.entries(after, to)) {
      for (let n = 0; n < count; n++) {
        const { meaning } = readReplayEntry(buffer, starts[n]!);
        if (meaning.kind !== 'whole') continue;
        for (const item of meaning.items)
          if ('write' in item && item.write.ns === 'shop.orders') ids.push(Buffer.from(item.write.id, 'latin1').readInt32LE(1));
      }
    }
  }
  return ids;
}
