import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpTime } from '../../src/core/image.ts';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import { mergeArchives } from '../../src/repository/merge-archives.ts';
import type { OplogArchive } from '../../src/repository/port.ts';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { open, project, testClock } from './sample.ts';
import { oplogEntry, opTime, pointsOf } from './sample-oplog.ts';

const instance = 'f'.repeat(32);
const first = opTime(1000, 1);
const hour = 3_600_000;
const afterGrace = 49 * hour;

const archiveIn = async (store: ObjectStore, clock = testClock()): Promise<OplogArchive> =>
  (await open(store, clock)).project(project).oplog(instance);

/** Two entries a segment, one segment every minute of the source: the newest sixty are too young to be merged. */
async function fill(archive: OplogArchive, segments: number, from = first): Promise<OpTime> {
  let after = from;
  for (let n = 0; n < segments; n++) {
    const to = opTime(after.t + 60, 2);
    await archive.append({ timeline: 1, after }, batchOfDocuments([oplogEntry(opTime(to.t, 1)), oplogEntry(to)]));
    after = to;
  }
  return after;
}

async function filled(store: ObjectStore, segments: number): Promise<{ archive: OplogArchive; last: OpTime }> {
  const archive = await archiveIn(store);
  await archive.beginTimeline({ number: 1, after: first, begunAt: '2026-01-02T03:04:05.000Z', gap: null });
  return { archive, last: await fill(archive, segments) };
}

const keysOf = async (store: ObjectStore): Promise<string[]> =>
  (await Array.fromAsync(store.list('projects/'))).map(({ key }) => key).filter((key) => key.includes('/segments/'));

const readAll = async (archive: OplogArchive, last: OpTime, from = first): Promise<string[]> =>
  pointsOf((await archive.open(1)).entries(from, last));

describe('an archive whose segments are merged', () => {
  it('holds the same in fewer objects, at once and when the pieces are gone', async () => {
    const clock = testClock();
    const store = createMemoryStore({ clock });
    const { last } = await filled(store, 140);
    const archive = await archiveIn(store, clock);
    const before = await readAll(archive, last);
    expect(before).toHaveLength(280);
    expect(await archive.mergeable()).toEqual({ merged: 80, removed: 0 });
    expect(await keysOf(store)).toHaveLength(140);
    expect(await archive.merge()).toEqual({ merged: 80, removed: 0 });
    expect(await archive.mergeable()).toEqual({ merged: 0, removed: 0 });
    expect(await archive.merge()).toEqual({ merged: 0, removed: 0 });
    expect(await keysOf(store)).toHaveLength(141);
    expect(await readAll(archive, last)).toEqual(before);
    clock.advance(afterGrace);
    const repository = await open(store, clock);
    const expected = [{ projectId: project, instanceId: instance, merged: 0, removed: 80 }];
    expect(await mergeArchives(repository, { dryRun: true })).toEqual(expected);
    expect(await keysOf(store)).toHaveLength(141);
    expect(await mergeArchives(repository, { dryRun: false })).toEqual(expected);
    expect(await keysOf(store)).toHaveLength(61);
    expect(await readAll(archive, last)).toEqual(before);
    expect(await archive.stretches()).toEqual([{ timeline: 1, after: first, to: last }]);
    // From within what is one now, and one entry of it.
    expect(await readAll(archive, last, opTime(2200, 2))).toEqual(before.slice(40));
    expect(await (await archive.open(1)).entryAt({ t: 2200, i: 1 })).toEqual(oplogEntry(opTime(2200, 1)));
  });

  it('is read past a merged segment that is damaged, while the pieces are there, and these stay then', async () => {
    const clock = testClock();
    const store = createMemoryStore({ clock });
    const { last } = await filled(store, 100);
    const archive = await archiveIn(store, clock);
    const before = await readAll(archive, last);
    const pieces = new Set(await keysOf(store));
    await archive.merge();
    const [merged] = (await keysOf(store)).filter((key) => !pieces.has(key));
    const bytes = await store.get(merged!);
    bytes[200]! ^= 1;
    await store.put(merged!, bytes);
    expect(await readAll(archive, last)).toEqual(before);
    expect(await (await archive.open(1)).entryAt({ t: 1060, i: 1 })).toEqual(oplogEntry(opTime(1060, 1)));
    clock.advance(afterGrace);
    expect(await archive.merge()).toEqual({ merged: 0, removed: 0 });
    expect(await readAll(archive, last)).toEqual(before);
  });

  it('P2: leaves a damaged piece where it is, so that it is still named', async () => {
    const store = createMemoryStore();
    const { archive, last } = await filled(store, 100);
    const [, second] = await keysOf(store);
    const bytes = await store.get(second!);
    bytes[100]! ^= 1;
    await store.put(second!, bytes);
    expect(await archive.merge()).toEqual({ merged: 0, removed: 0 });
    await expect(readAll(archive, last)).rejects.toMatchObject({ code: 'object-corrupt' });
  });

  it('removes what it wrote if the archive was removed meanwhile', async () => {
    const inner = createMemoryStore();
    const { archive } = await filled(inner, 100);
    const store: ObjectStore = {
      ...inner,
      put: async (key, bytes) => {
        await archive.trim(1, []);
        await inner.put(key, bytes);
      },
    };
    await (await archiveIn(store)).merge();
    expect(await keysOf(inner)).toEqual([]);
  });

  it('P1: killed at any write or removal it reads as before, and the next time it is done', async () => {
    for (const method of ['put', 'delete'] as const) {
      for (let after = 0; after <= 3; after++) {
        const clock = testClock();
        const inner = createMemoryStore({ clock });
        const { last } = await filled(inner, 80);
        const before = await readAll(await archiveIn(inner, clock), last);
        if (method === 'delete') {
          await (await archiveIn(inner, clock)).merge();
          clock.advance(afterGrace);
        }
        const store = createFaultyStore(inner, [{ method, effect: { kind: 'die' }, after }]);
        await (await archiveIn(store, clock)).merge().catch(() => undefined);
        const archive = await archiveIn(inner, clock);
        expect(await readAll(archive, last)).toEqual(before);
        await archive.merge();
        clock.advance(afterGrace);
        await archive.merge();
        expect(await keysOf(inner)).toHaveLength(61);
        expect(await readAll(archive, last)).toEqual(before);
      }
    }
  });

  it('gives every entry once, whatever is written, merged, removed and lost in between', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const), segments: fc.integer({ min: 1, max: 30 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('merge' as const), hours: fc.integer({ min: 0, max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), back: fc.integer({ min: 1, max: 40 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const clock = testClock();
        const store = createMemoryStore({ clock });
        const { last: begun } = await filled(store, 60);
        const archive = await archiveIn(store, clock);
        let last = begun;
        for (const one of steps) {
          if (one.kind === 'write') last = await fill(archive, one.segments, last);
          // A second follower that stores anew what is there.
          else if (one.kind === 'again') await fill(archive, one.back, opTime(last.t - one.back * 60, 2));
          else {
            clock.advance(one.hours * hour);
            await archive.merge();
          }
        }
        const wanted = Array.from({ length: (last.t - first.t) / 60 }, (_, n) =>
          [1, 2].map((i) => `${first.t + 60 * (n + 1)}:${i}`),
        );
        expect(await readAll(archive, last)).toEqual(wanted.flat());
      }),
      { numRuns: 25 },
    );
  });
});
