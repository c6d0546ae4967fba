import { describe, expect, it } from 'vitest';
import { checkRepository } from '../../src/repository/check-repository.ts';
import { createFaultyStore, type StoreMethod } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import {
  backUp,
  collectionOf,
  hexOf,
  manifestOf,
  open,
  project,
  restoreAll,
  sampleDocuments,
  testClock,
  writeLayer,
} from './sample.ts';

const documents = sampleDocuments(2_500, 1_000);
const expected = { orders: hexOf(documents), few: hexOf(documents.slice(0, 5)) };
const contents = { orders: documents, few: documents.slice(0, 5) };

describe('P1: a crash leaves only garbage', () => {
  it('never lists a backup that does not restore, whichever put is the last', async () => {
    for (let put = 0; ; put++) {
      for (const effect of ['die', 'fail-after'] as const) {
        const store = createMemoryStore();
        await open(store);
        const faulty = createFaultyStore(store, [
          { method: 'put', after: put, effect: effect === 'die' ? { kind: 'die' } : { kind: 'fail-after', retryable: false } },
        ]);
        const repository = await open(faulty);
        const failed = await backUp(repository.project(project), 'b1', contents).then(
          () => false,
          () => true,
        );
        if (!failed) {
          expect(put).toBeGreaterThanOrEqual(4); // packs, two layer lists, the manifest
          return;
        }
        faulty.assertAllFired();
        const afterwards = await open(store);
        for await (const id of afterwards.project(project).listManifestIds())
          expect(await restoreAll(afterwards.project(project), id)).toEqual(expected);
        expect((await checkRepository(afterwards, { readData: 1 })).sound).toBe(true);
        // The next try is not hindered by what the first one left.
        if ((await store.stat(`projects/${project}/manifests/b1`)) === null)
          await backUp(afterwards.project(project), 'b1', contents);
        expect(await restoreAll(afterwards.project(project), 'b1')).toEqual(expected);
      }
    }
  });

  it.each(['getRange', 'list', 'stat'] as const satisfies StoreMethod[])('fails as a whole if a %s fails', async (method) => {
    const store = createMemoryStore();
    await backUp((await open(store)).project(project), 'b0', contents);
    const faulty = createFaultyStore(store, [{ method, keyIncludes: 'projects/', effect: { kind: 'fail', retryable: false } }]);
    await expect(backUp((await open(faulty)).project(project), 'b1', { orders: sampleDocuments(10, 10) })).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    faulty.assertAllFired();
    expect(await Array.fromAsync((await open(store)).project(project).listManifestIds())).toEqual(['b0']);
  });

  it('keeps a backup whose manifest is stored but could not be read back: it restores', async () => {
    const store = createMemoryStore();
    const faulty = createFaultyStore(store, [
      { method: 'get', keyIncludes: '/manifests/', effect: { kind: 'fail', retryable: false } },
    ]);
    await expect(backUp((await open(faulty)).project(project), 'b1', contents)).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    faulty.assertAllFired();
    expect(await restoreAll((await open(store)).project(project), 'b1')).toEqual(expected);
  });

  it('P3: does not commit if a pack was lost, cut or if the manifest does not come back', async () => {
    for (const damage of ['lost', 'cut'] as const) {
      const store = createMemoryStore();
      const repository = (await open(store)).project(project);
      const writer = await repository.beginWrite();
      const layer = await writeLayer(writer, 'scan', documents);
      const pack = [...store.objects.keys()].find((key) => key.includes('/packs/'))!;
      if (damage === 'lost') store.objects.delete(pack);
      else store.objects.get(pack)!.bytes = store.objects.get(pack)!.bytes.subarray(1);
      await expect(writer.commit(manifestOf('b1', [collectionOf('orders', [layer])]))).rejects.toMatchObject({
        code: 'object-corrupt',
        details: { object: pack },
      });
      expect(await Array.fromAsync(repository.listManifestIds())).toEqual([]);
    }
    const store = createMemoryStore();
    const faulty = createFaultyStore(store, [
      { method: 'get', keyIncludes: '/manifests/', effect: { kind: 'short', missing: 1 } },
    ]);
    const repository = (await open(faulty)).project(project);
    await expect(backUp(repository, 'b1', contents)).rejects.toMatchObject({ code: 'object-corrupt' });
    faulty.assertAllFired();
    expect(await Array.fromAsync(repository.listManifestIds())).toEqual([]);
  });

  it('refuses layers that are not stored', async () => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    const writer = await repository.beginWrite();
    const layer = await writeLayer(writer, 'scan', documents.slice(0, 3));
    await store.delete(`projects/${project}/layers/${layer.id}`);
    await expect(writer.commit(manifestOf('b1', [collectionOf('orders', [layer])]))).rejects.toMatchObject({
      code: 'object-corrupt',
    });
  });

  it('finds the blocks of a try that crashed and stores them no second time', async () => {
    const store = createMemoryStore();
    const repository = await open(store);
    const crashed = await repository.project(project).beginWrite();
    await writeLayer(crashed, 'scan', documents);
    await crashed.abandon();
    const again = await repository.project(project).beginWrite();
    const layer = await writeLayer(again, 'scan', documents);
    expect(again.totals.blocksStored).toBe(0);
    expect(again.totals.blocksReused).toBe(crashed.totals.blocksStored);
    expect(again.totals.bytesStored).toBeLessThan(2_000);
    await again.commit(manifestOf('b1', [collectionOf('orders', [layer])]));
    expect(await restoreAll(repository.project(project), 'b1')).toEqual({ orders: expected.orders });
  });

  it('shares blocks between backups and layers of a project, and none between projects', async () => {
    const store = createMemoryStore();
    const repository = await open(store);
    const writer = await repository.project(project).beginWrite();
    await Promise.all([writeLayer(writer, 'scan', documents), writeLayer(writer, 'scan', documents)]);
    expect(writer.totals.blocksReused).toBe(writer.totals.blocksStored);
    const other = await repository.project('another').beginWrite();
    await writeLayer(other, 'scan', documents);
    expect(other.totals.blocksReused).toBe(0);
    expect(other.totals.blocksStored).toBeGreaterThan(0);
  });

  it('abandons at any time, and nothing goes on afterwards', async () => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    const writer = await repository.beginWrite();
    const layer = writer.beginLayer('scan');
    await writer.abandon();
    await writer.abandon();
    await expect(layer.finish()).rejects.toMatchObject({ code: 'cancelled' });
    await expect(writer.commit(manifestOf('b1', []))).rejects.toMatchObject({ code: 'internal' });
    expect([...store.objects.keys()]).toEqual(['larder.json']);
  });

  it('stops when the signal is aborted', async () => {
    const controller = new AbortController();
    const repository = (await open(createMemoryStore(), testClock())).project(project);
    const writer = await repository.beginWrite({ signal: controller.signal });
    controller.abort();
    await expect(writer.commit(manifestOf('b1', []))).rejects.toMatchObject({ code: 'cancelled' });
  });
});
