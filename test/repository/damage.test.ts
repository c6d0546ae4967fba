import { beforeAll, describe, expect, it } from 'vitest';
import { isLarderError } from '../../src/core/errors.ts';
import { checkRepository } from '../../src/repository/check-repository.ts';
import type { OpenedRepository } from '../../src/repository/open-repository.ts';
import { createFaultyStore, type PlannedFault } from '../../src/storage/faulty-store.ts';
import { createMemoryStore, type MemoryStore } from '../../src/storage/memory-store.ts';
import { backUp, collectionOf, hexOf, manifestOf, open, project, restoreAll, sampleDocuments, writeLayer } from './sample.ts';

const large = sampleDocuments(900, 1_000);
const small = sampleDocuments(30, 100, 5_000);
const whole = { large: hexOf(large), small: hexOf(small) };

/** A repository with two backups, one record, and every kind of object in it. */
async function makeRepository(): Promise<MemoryStore> {
  const store = createMemoryStore();
  const repository = await open(store);
  const opened = repository.project(project);
  const first = await backUp(opened, 'b1', { large, small });
  const writer = await opened.beginWrite();
  const changes = await writeLayer(writer, 'changes', sampleDocuments(300, 1_000, 100, 'changed'));
  await writer.commit(
    manifestOf('b2', [collectionOf('large', [...first.collections[0]!.layers, changes]), first.collections[1]!]),
  );
  await repository.records.put('instance', 'i1', { name: 'orders' });
  return store;
}

function copyOf(store: MemoryStore): MemoryStore {
  const copy = createMemoryStore();
  for (const [key, object] of store.objects) copy.objects.set(key, { ...object, bytes: Buffer.from(object.bytes) });
  return copy;
}

const kindOf = (key: string): string => (key.startsWith('projects/') ? key.split('/')[2]! : key.split('/')[0]!);

/** What the tries of using everything end with: the documents restored and the errors met. */
async function useEverything(repository: OpenedRepository): Promise<{ restored: unknown[]; errors: unknown[] }> {
  const restored: unknown[] = [];
  const errors: unknown[] = [];
  for (const id of ['b1', 'b2'])
    await restoreAll(repository.project(project), id).then(
      (all) => restored.push(all),
      (error: unknown) => errors.push(error),
    );
  await Array.fromAsync(repository.records.list('instance')).then(
    (all) => restored.push(all),
    (error: unknown) => errors.push(error),
  );
  return { restored, errors };
}

describe('P2: damage of any object is named and never handed out', () => {
  let pristine: MemoryStore;
  let sound: unknown[];
  beforeAll(async () => {
    pristine = await makeRepository();
    ({ restored: sound } = await useEverything(await open(pristine)));
    expect(sound[0]).toEqual(whole);
    expect(sound).toHaveLength(3);
  });

  const perKind = (): string[] => [
    ...new Map([...pristine.objects.keys()].filter((key) => key !== 'larder.json').map((key) => [kindOf(key), key])).values(),
  ];

  /** Damages a copy, uses everything, and expects `object` to be named by the errors and by check. */
  async function expectFound(store: MemoryStore, object: string): Promise<void> {
    const repository = await open(store);
    const { restored, errors } = await useEverything(repository);
    for (const one of restored) expect(sound).toContainEqual(one);
    const report = await checkRepository(repository, { readData: 1 });
    expect(report.sound).toBe(false);
    const named = [...report.damage, ...report.projects.flatMap((checked) => checked.damage)].map((damage) => damage.object);
    expect(named).toContain(object);
    for (const error of errors) {
      expect(isLarderError(error, 'object-corrupt'), String(error)).toBe(true);
      expect(isLarderError(error) && error.details['object']).toBe(object);
    }
    for (const backup of report.projects.flatMap((checked) => checked.backups)) {
      const restores = await restoreAll(repository.project(project), backup.backupId).then(
        () => true,
        () => false,
      );
      if (backup.restorable) expect(restores, `${backup.backupId} was called restorable`).toBe(true);
    }
  }

  it('has every kind of object', () => {
    expect(perKind().map(kindOf).sort()).toEqual(['layers', 'manifests', 'packs', 'records']);
  });

  it('finds a flipped bit anywhere', async () => {
    for (const key of perKind()) {
      const length = pristine.objects.get(key)!.bytes.length;
      const offsets = new Set([
        0,
        5,
        12,
        20,
        45,
        Math.floor(length / 3),
        Math.floor(length / 2),
        length - 40,
        length - 12,
        length - 1,
      ]);
      for (const offset of offsets) {
        const store = copyOf(pristine);
        const { bytes } = store.objects.get(key)!;
        bytes[offset]! ^= 1 << (offset % 8);
        await expectFound(store, key);
      }
    }
  });

  it('finds truncation, bytes too many, and a missing object', async () => {
    for (const key of perKind()) {
      for (const cut of [0, 1, 30, 100, -1]) {
        const store = copyOf(pristine);
        const object = store.objects.get(key)!;
        object.bytes =
          cut === -1
            ? Buffer.concat([object.bytes, Buffer.of(0)])
            : object.bytes.subarray(0, cut === 0 ? 0 : object.bytes.length - cut);
        // Something behind a record is ignored: what is used is authenticated in full.
        if (cut !== -1 || kindOf(key) !== 'records') await expectFound(store, key);
      }
    }
    for (const kind of ['packs', 'layers']) {
      const key = perKind().find((candidate) => kindOf(candidate) === kind)!;
      const store = copyOf(pristine);
      store.objects.delete(key);
      await expectFound(store, key);
    }
  });

  it('finds objects that changed places', async () => {
    for (const kind of ['packs', 'layers', 'manifests']) {
      const [one, other] = [...pristine.objects.keys()].filter((key) => kindOf(key) === kind);
      const store = copyOf(pristine);
      store.objects.set(one!, pristine.objects.get(other!)!);
      await expectFound(store, one!);
    }
  });

  it('does not take objects of another repository', async () => {
    const foreign = await makeRepository();
    for (const kind of ['manifests', 'records'] as const) {
      const store = copyOf(pristine);
      const key = [...store.objects.keys()].find((candidate) => kindOf(candidate) === kind)!;
      store.objects.set(key, [...foreign.objects].find(([candidate]) => kindOf(candidate) === kind)![1]);
      await expectFound(store, key);
    }
  });

  it('says which collections of which backups are concerned, and that the rest restores', async () => {
    const store = copyOf(pristine);
    const pack = [...store.objects.keys()].filter((key) => kindOf(key) === 'packs');
    const manifest = await (await open(store)).project(project).readManifest('b2');
    // The pack that only the second backup needs came last.
    const younger = pack.find((key) => store.objects.get(key)!.bytes.length < 800_000)!;
    store.objects.get(younger)!.bytes[200_000]! ^= 1;
    const report = await checkRepository(await open(store), { readData: 1 });
    expect(report.projects[0]!.backups).toEqual([
      expect.objectContaining({ backupId: 'b1', restorable: true, damage: [] }),
      expect.objectContaining({ backupId: 'b2', name: manifest.name, restorable: false, damagedCollections: ['shop.large'] }),
    ]);
    const [damage] = report.projects[0]!.damage;
    expect(damage).toMatchObject({ object: younger, range: { offset: expect.any(Number), length: expect.any(Number) } });
    expect(damage!.range!.offset).toBeLessThanOrEqual(200_000);
    expect(damage!.range!.offset + damage!.range!.length).toBeGreaterThan(200_000);
  });

  it('does not believe a store that lies', async () => {
    const [onePack, otherPack] = [...pristine.objects.keys()].filter((key) => kindOf(key) === 'packs');
    const lies: PlannedFault[] = [
      { method: 'getRange', keyIncludes: '/packs/', effect: { kind: 'short', missing: 1 } },
      { method: 'getRange', keyIncludes: onePack!, effect: { kind: 'swap', other: otherPack! } },
      { method: 'get', keyIncludes: '/layers/', effect: { kind: 'short', missing: 7 } },
      { method: 'get', keyIncludes: '/manifests/b1', effect: { kind: 'short', missing: 7 } },
      { method: 'get', keyIncludes: '/manifests/b2', effect: { kind: 'swap', other: `projects/${project}/manifests/b1` } },
    ];
    for (const lie of lies) {
      const faulty = createFaultyStore(pristine, [lie]);
      const { restored, errors } = await useEverything(await open(faulty));
      faulty.assertAllFired();
      expect(errors, JSON.stringify(lie)).toHaveLength(1);
      expect(isLarderError(errors[0], 'object-corrupt') || isLarderError(errors[0], 'object-not-found'), String(errors[0])).toBe(
        true,
      );
      for (const one of restored) expect(sound).toContainEqual(one);
    }
  });
});
