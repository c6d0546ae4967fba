import { describe, expect, it } from 'vitest';
import type { OpenedRepository } from '../../src/repository/open-repository.ts';
import { defaultGrace, pruneRepository, shortestGrace } from '../../src/repository/prune-repository.ts';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore, type MemoryStore } from '../../src/storage/memory-store.ts';
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
  type TestClock,
} from './sample.ts';

const first = sampleDocuments(800, 1_000);
const second = sampleDocuments(800, 1_000, 10_000);

interface Setting {
  readonly store: MemoryStore;
  readonly clock: TestClock;
  readonly repository: OpenedRepository;
  readonly opened: ReturnType<OpenedRepository['project']>;
  objects(part: string): string[];
}

async function setting(): Promise<Setting> {
  const store = createMemoryStore();
  const clock = testClock();
  const repository = await open(store, clock);
  return {
    store,
    clock,
    repository,
    opened: repository.project(project),
    objects: (part) => [...store.objects.keys()].filter((key) => key.includes(part)),
  };
}

describe('P4: pruneRepository', () => {
  it('keeps what other backups need, marks the rest, and frees it after the grace time', async () => {
    const { clock, repository, opened, objects } = await setting();
    await backUp(opened, 'b1', { a: first, b: second });
    await backUp(opened, 'b2', { a: first });
    const packs = objects('/packs/').length;
    await opened.deleteManifest('b1');

    const [marked] = (await pruneRepository(repository)).projects;
    expect(marked).toMatchObject({ projectId: project, blocked: null, freedBytes: 0 });
    expect(marked!.waitingBytes).toBeGreaterThan(0);
    expect(marked!.plan.remove).toEqual([]);
    expect(objects('/packs/').filter((key) => !key.includes('/marks/'))).toHaveLength(packs);

    clock.advance(defaultGrace - 1);
    expect((await pruneRepository(repository)).projects[0]!.plan).toMatchObject({ remove: [], mark: [] });
    clock.advance(1);
    const [freed] = (await pruneRepository(repository)).projects;
    expect(freed!.freedBytes).toBe(marked!.waitingBytes);
    expect(objects('/marks/')).toEqual([]);
    expect(objects('/packs/').length).toBeLessThan(packs);
    expect(await restoreAll(opened, 'b2')).toEqual({ a: hexOf(first) });

    await opened.deleteManifest('b2');
    await pruneRepository(repository);
    clock.advance(defaultGrace);
    await pruneRepository(repository);
    expect(objects('projects/')).toEqual([]);
  });

  it('only tells what it would do when it is a dry run', async () => {
    const { store, repository, opened } = await setting();
    await backUp(opened, 'b1', { a: first });
    await opened.deleteManifest('b1');
    const before = [...store.objects.keys()];
    const report = await pruneRepository(repository, { dryRun: true });
    expect(report.projects[0]!.plan.mark.length).toBe(2);
    expect([...store.objects.keys()]).toEqual(before);
  });

  it('does not harm a backup that is being written and reuses what is unreferenced', async () => {
    const { clock, repository, opened } = await setting();
    await backUp(opened, 'b1', { a: first });
    const writer = await opened.beginWrite();
    await opened.deleteManifest('b1');
    await pruneRepository(repository);
    clock.advance(20 * 3_600_000);
    const layer = await writeLayer(writer, 'scan', first);
    await pruneRepository(repository);
    await writer.commit(manifestOf('b2', [collectionOf('a', [layer])]));
    expect(writer.totals.blocksStored).toBe(0);
    // The marks are from before the commit; what they mark is referenced again.
    clock.advance(10 * defaultGrace);
    const [pruned] = (await pruneRepository(repository)).projects;
    expect(pruned!.plan.remove.filter(({ kind }) => kind === 'packs')).toEqual([]);
    expect(pruned!.plan.unmark.length).toBeGreaterThan(0);
    expect(await restoreAll(opened, 'b2')).toEqual({ a: hexOf(first) });
  });

  it('keeps new writers away from what is marked', async () => {
    const { clock, repository, opened } = await setting();
    await backUp(opened, 'b1', { a: first });
    await opened.deleteManifest('b1');
    await pruneRepository(repository);
    clock.advance(defaultGrace - 1);
    const writer = await opened.beginWrite();
    const layer = await writeLayer(writer, 'scan', first);
    expect(writer.totals.blocksReused).toBe(0);
    clock.advance(1);
    await pruneRepository(repository);
    await writer.commit(manifestOf('b2', [collectionOf('a', [layer])]));
    expect(await restoreAll(opened, 'b2')).toEqual({ a: hexOf(first) });
  });

  it('does not let a writer build on a layer that was marked before it began', async () => {
    const { clock, repository, opened } = await setting();
    const manifest = await backUp(opened, 'b1', { a: first });
    await opened.deleteManifest('b1');
    await pruneRepository(repository);
    clock.advance(1);
    const writer = await opened.beginWrite();
    await expect(writer.commit({ ...manifest, backupId: 'b2' })).rejects.toMatchObject({
      code: 'capture-failed',
      retryable: true,
    });
    expect(await Array.fromAsync(opened.listManifestIds())).toEqual([]);
  });

  it('removes nothing while a manifest or layer list cannot be read', async () => {
    for (const part of ['/manifests/b1', '/layers/']) {
      const { store, clock, repository, opened, objects } = await setting();
      await backUp(opened, 'b0', { b: second });
      await opened.deleteManifest('b0');
      await pruneRepository(repository);
      clock.advance(defaultGrace);
      const manifest = await backUp(opened, 'b1', { a: first });
      const key = part === '/layers/' ? objects(manifest.collections[0]!.layers[0]!.id)[0]! : objects(part)[0]!;
      store.objects.get(key)!.bytes[40]! ^= 1;
      const before = objects('projects/');
      const [pruned] = (await pruneRepository(repository)).projects;
      expect(pruned!.blocked).toContain(key);
      expect(objects('projects/')).toEqual(before);
    }
  });

  it('starts the grace time anew where a mark cannot be read or comes from the future', async () => {
    const { store, clock, repository, opened, objects } = await setting();
    await backUp(opened, 'b1', { a: first });
    await opened.deleteManifest('b1');
    await pruneRepository(repository);
    for (const key of objects('/marks/')) store.objects.get(key)!.bytes[40]! ^= 1;
    clock.advance(-10 * defaultGrace);
    expect((await pruneRepository(repository)).projects[0]!.plan.remove).toEqual([]);
    clock.advance(10 * defaultGrace);
    expect((await pruneRepository(repository)).projects[0]!.plan.remove).toEqual([]);
  });

  it('loses nothing when it dies at any step', async () => {
    for (let step = 0; ; step++) {
      const { store, clock, repository, opened, objects } = await setting();
      await backUp(opened, 'b1', { a: first, b: second });
      await backUp(opened, 'b2', { a: first });
      await opened.deleteManifest('b1');
      await pruneRepository(repository);
      clock.advance(defaultGrace);
      const faulty = createFaultyStore(store, [{ method: 'delete', after: step, effect: { kind: 'die' } }]);
      const died = await pruneRepository(await open(faulty, clock)).then(
        () => false,
        () => true,
      );
      expect(await restoreAll(opened, 'b2')).toEqual({ a: hexOf(first) });
      await pruneRepository(repository);
      expect(objects('/marks/')).toEqual([]);
      if (!died) break;
    }
  });

  it('refuses a grace time that is shorter than a backup may take', async () => {
    const { repository } = await setting();
    await expect(pruneRepository(repository, { grace: shortestGrace - 1 })).rejects.toMatchObject({ code: 'invalid-setting' });
    await expect(pruneRepository(repository, { grace: Number.NaN, unsafeGrace: true })).rejects.toMatchObject({
      code: 'invalid-setting',
    });
  });
});
