import { deserialize, type Document } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerRef } from '../../src/core/image.ts';
import { consolidateLayers } from '../../src/repository/consolidate-layers.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { codeOf } from '../fixtures/code-of.ts';
import {
  backUp,
  batchOf,
  collectionOf,
  documentsOf,
  hexOf,
  imageOf,
  manifestOf,
  noise,
  open,
  project,
  raw,
  sampleDocuments,
  testClock,
  writeLayer,
} from './sample.ts';

/** What the oplog says of an update that sets a field of a document. */
const settingOf = (field: string, value: number): Document => ({ $v: 2, diff: { u: { [field]: value } } });

describe('repository round trip', () => {
  it('gives back the very bytes, in order, of small, large and oversized documents', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    const documents = [
      ...sampleDocuments(3, 10),
      raw({ _id: 'large', data: noise('large', 5_000_000) }),
      ...sampleDocuments(500, 3_000, 10),
      raw({ _id: 'largest', data: noise('x', 16_777_216 - 40) }),
      ...sampleDocuments(2, 0, 5_000),
      raw({ no: 'id' }),
    ];
    const manifest = await backUp(repository, 'b1', { orders: documents });
    const read: Buffer[] = [];
    for await (const batch of repository.readImage(manifest.collections[0]!.layers)) read.push(...documentsOf(batch));
    expect(read.length).toBe(documents.length);
    expect(read.every((document, n) => document.equals(documents[n]!))).toBe(true);
    expect(await repository.readManifest('b1')).toEqual(manifest);
    expect(await Array.fromAsync(repository.listManifestIds())).toEqual(['b1']);
  });

  it('keeps an empty layer, and lets the caller reuse its buffer', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    const writer = await repository.beginWrite();
    const empty = await writer.beginLayer('scan').finish();
    const layer = writer.beginLayer('scan');
    const expected = sampleDocuments(4_000, 300);
    for (let n = 0; n < expected.length; n += 500) {
      const batch = batchOf(expected.slice(n, n + 500));
      await layer.addDocuments(batch);
      batch.buffer.fill(0xff);
    }
    const full = await layer.finish();
    expect(empty).toMatchObject({ documents: 0, removals: 0, bytes: 0 });
    expect(full).toMatchObject({ documents: 4_000, bytes: expected.reduce((sum, document) => sum + document.length, 0) });
    expect(await imageOf(repository, [empty])).toEqual([]);
    expect(await imageOf(repository, [empty, full])).toEqual(hexOf(expected));
  });

  it('writes several layers at the same time', async () => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    const writer = await repository.beginWrite();
    const sets = [0, 1, 2, 3].map((n) => sampleDocuments(1_500, 1_000, n * 10_000));
    const refs = await Promise.all(sets.map((documents) => writeLayer(writer, 'scan', documents)));
    await writer.commit(
      manifestOf(
        'b1',
        refs.map((ref, n) => collectionOf(`c${n}`, [ref])),
      ),
    );
    for (const [n, ref] of refs.entries()) expect(await imageOf(repository, [ref])).toEqual(hexOf(sets[n]!));
  });

  it('counts exactly what it stored', async () => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    const writer = await repository.beginWrite();
    const before = [...store.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    await writeLayer(writer, 'scan', sampleDocuments(2_000, 1_000));
    await writeLayer(writer, 'scan', sampleDocuments(10, 100));
    const after = [...store.objects.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(writer.totals.bytesStored).toBe(after - before);
    expect(writer.totals.blocksStored).toBeGreaterThan(1);
    expect(writer.totals.blocksReused).toBe(0);
  });

  it('keeps a small layer in one object', async () => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    await backUp(repository, 'b1', { small: sampleDocuments(20, 100), none: [] });
    const kinds = [...store.objects.keys()].map((key) => key.split('/')[2] ?? key);
    expect(kinds.sort()).toEqual(['larder.json', 'layers', 'layers', 'manifests']);
  });

  it('gives every image that any sequence of changes makes, consolidated or not', async () => {
    const change = fc.record({
      put: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer()), { selector: ([id]) => id, maxLength: 12 }),
      remove: fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 6 }),
      removeFirst: fc.boolean(),
      update: fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom('value', 'x', 'y'), fc.integer()), {
        maxLength: 12,
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const repository = (await open(createMemoryStore())).project(project);
        const writer = await repository.beginWrite();
        const model = new Map<number, Buffer>();
        const layers: LayerRef[] = [];
        for (const [n, { put, remove, removeFirst, update }] of changes.entries()) {
          const layer = writer.beginLayer(n === 0 ? 'scan' : 'changes');
          const documents = put.map(([id, value]) => raw({ _id: id, value }));
          const removals = n === 0 ? [] : remove.map((id) => raw({ _id: id }));
          // Within a layer what was added later wins.
          if (removeFirst) await layer.addRemovals(batchOf(removals));
          if (removeFirst) for (const id of removals.length > 0 ? remove : []) model.delete(id);
          await layer.addDocuments(batchOf(documents));
          put.forEach(([id], at) => model.set(id, documents[at]!));
          if (!removeFirst) await layer.addRemovals(batchOf(removals));
          if (!removeFirst) for (const id of removals.length > 0 ? remove : []) model.delete(id);
          // An update adds to what there is, in this layer or below.
          const updates = update.filter(([id]) => model.has(id));
          await layer.addUpdates(batchOf(updates.map(([id, field, value]) => raw({ _id: id, o: settingOf(field, value) }))));
          for (const [id, field, value] of updates) model.set(id, raw({ ...deserialize(model.get(id)!), [field]: value }));
          layers.push(await layer.finish());
          expect(layers.at(-1)!.updates?.count ?? 0).toBe(updates.length);
        }
        const expected = hexOf([...model.values()]);
        expect(await imageOf(repository, layers)).toEqual(expected);
        const merged = await consolidateLayers(repository, writer, layers);
        expect(merged).toMatchObject({ kind: 'merged', documents: expected.length, removals: 0 });
        expect(await imageOf(repository, [merged])).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('E3: refuses an image that updates what it does not hold, or removes what it updates', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    const writer = await repository.beginWrite();
    const base = await writeLayer(writer, 'scan', [raw({ _id: 1, value: 1 })]);
    const updates = async (...documents: readonly Document[]): Promise<LayerRef> => {
      const layer = writer.beginLayer('changes');
      await layer.addUpdates(batchOf(documents.map(raw)));
      return layer.finish();
    };
    const good = await updates({ _id: 1, o: settingOf('value', 2) }, { _id: 1, o: settingOf('x', 3) });
    expect(await imageOf(repository, [base, good])).toEqual(hexOf([raw({ _id: 1, value: 2, x: 3 })]));
    const missing = await updates({ _id: 2, o: settingOf('value', 2) });
    const unknown = await updates({ _id: 1, o: { $v: 2, diff: { z: {} } } });
    const removal = await writeLayer(writer, 'changes', [], [raw({ _id: 1 })]);
    for (const layers of [[base, missing], [missing], [base, unknown], [base, removal, good]]) {
      expect(await codeOf(imageOf(repository, layers))).toBe('object-corrupt');
    }
    // What is superseded need not be there.
    const again = await writeLayer(writer, 'changes', [raw({ _id: 2 })], [raw({ _id: 1 })]);
    expect(await imageOf(repository, [base, good, missing, again])).toEqual(hexOf([raw({ _id: 2 })]));
  });

  it('S6: gives the documents of any sequence of changes in the order in which they came', async () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    const change = fc.record({ came: ids, went: ids, value: fc.integer() });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const repository = (await open(createMemoryStore())).project(project);
        const writer = await repository.beginWrite();
        const model = new Map<number, Buffer>();
        const layers: LayerRef[] = [];
        for (const [n, { came, went, value }] of changes.entries()) {
          const gone = n === 0 ? [] : went.filter((id) => !came.includes(id));
          const documents = came.map((_id) => raw({ _id, value }));
          for (const id of [...gone, ...came]) model.delete(id);
          came.forEach((id, at) => model.set(id, documents[at]!));
          const removals = gone.map((_id) => raw({ _id }));
          layers.push(await writeLayer(writer, n === 0 ? 'scan' : 'changes', documents, removals));
        }
        const read: Buffer[] = [];
        for await (const batch of repository.readInOrder(layers)) read.push(...documentsOf(batch));
        expect(read.map((document) => document.toString('hex'))).toEqual([...model.values()].map((each) => each.toString('hex')));
      }),
      { numRuns: 60 },
    );
  });

  it('D4: tells an _id of one type from an equal one of another', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    const writer = await repository.beginWrite();
    const int = Buffer.from([14, 0, 0, 0, 0x10, 0x5f, 0x69, 0x64, 0, 1, 0, 0, 0, 0]);
    const double = Buffer.concat([
      Buffer.from([18, 0, 0, 0, 0x01, 0x5f, 0x69, 0x64, 0]),
      Buffer.from('000000000000f03f', 'hex'),
      Buffer.of(0),
    ]);
    const base = await writeLayer(writer, 'scan', [int]);
    const changes = await writeLayer(writer, 'changes', [double], [int]);
    expect(await imageOf(repository, [base, changes])).toEqual(hexOf([double]));
  });

  it('stops reading when the consumer does, and when it is cancelled', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    const manifest = await backUp(repository, 'b1', { orders: sampleDocuments(8_000, 1_000) });
    const { layers } = manifest.collections[0]!;
    for await (const batch of repository.readImage(layers)) {
      expect(batch.count).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const batch of repository.readImage(layers, { signal: controller.signal }))
        if (batch.count > 0) controller.abort();
    };
    await expect(reading()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('refuses to commit after 24 hours, twice, or for another project', async () => {
    const clock = testClock();
    const repository = (await open(createMemoryStore(), clock)).project(project);
    const late = await repository.beginWrite();
    const timely = await repository.beginWrite();
    await expect(timely.commit(manifestOf('b0', [], 'another'))).rejects.toMatchObject({ code: 'internal' });
    await timely.commit(manifestOf('b1', []));
    await expect(timely.commit(manifestOf('b2', []))).rejects.toMatchObject({ code: 'internal' });
    clock.advance(24 * 3_600_000 + 1);
    await expect(late.commit(manifestOf('b3', []))).rejects.toMatchObject({ code: 'capture-failed' });
    expect(await Array.fromAsync(repository.listManifestIds())).toEqual(['b1']);
  });

  it('does not replace a backup by another one of the same id', async () => {
    const repository = (await open(createMemoryStore())).project(project);
    await backUp(repository, 'b1', { a: sampleDocuments(1, 1) });
    await expect(backUp(repository, 'b1', { b: [] })).rejects.toMatchObject({ code: 'internal' });
    await repository.deleteManifest('b1');
    await repository.deleteManifest('b1');
    await expect(repository.readManifest('b1')).rejects.toMatchObject({ code: 'backup-not-found' });
  });
});
