import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import type { OplogArchive } from '../../src/repository/port.ts';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import type { ObjectStore } from '../../src/storage/port.ts';
import { documentsOf, open, project } from './sample.ts';
import { entriesOf, oplogEntry, opTime, pointsOf, range } from './sample-oplog.ts';

const instance = 'f'.repeat(32);
const begunAt = '2026-01-02T03:04:05.000Z';
const corrupt = expect.objectContaining({ code: 'object-corrupt' });
const gap = expect.objectContaining({ code: 'oplog-gap' });

async function archiveIn(store: ObjectStore, instanceId = instance): Promise<OplogArchive> {
  return (await open(store)).project(project).oplog(instanceId);
}

/** Timeline 1: entries 100:1 to 100:9 in three segments, after 99:5. */
async function filled(store: ObjectStore): Promise<OplogArchive> {
  const archive = await archiveIn(store);
  await archive.beginTimeline({ number: 1, after: opTime(99, 5), begunAt, gap: null });
  await archive.append({ timeline: 1, after: opTime(99, 5) }, entriesOf(100, 1, 3));
  await archive.append({ timeline: 1, after: opTime(100, 3) }, entriesOf(100, 4, 6));
  await archive.append({ timeline: 1, after: opTime(100, 6) }, entriesOf(100, 7, 9));
  return archive;
}

async function segmentKeys(store: ObjectStore): Promise<string[]> {
  return (await Array.fromAsync(store.list('projects/'))).map(({ key }) => key).filter((key) => key.includes('/segments/'));
}

async function readAll(archive: OplogArchive, first = opTime(99, 5), last = { t: 100, i: 9 }): Promise<string[]> {
  return pointsOf((await archive.open(1)).entries(first, last));
}

describe('an archive of an oplog', () => {
  it('gives back the very bytes of every entry, whatever their sizes and wherever segments are cut (O9, O10)', async () => {
    const entry = fc.record({ step: fc.integer({ min: 1, max: 3 }), seconds: fc.nat(2), size: fc.nat(300), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 30 }), async (steps) => {
        const archive = await archiveIn(createMemoryStore());
        let time = opTime(50, 0);
        let after = time;
        let waiting: Buffer[] = [];
        const written: Buffer[] = [];
        await archive.beginTimeline({ number: 1, after, begunAt, gap: null });
        const flush = async (): Promise<void> => {
          const segment = await archive.append({ timeline: 1, after }, batchOfDocuments(waiting));
          expect(segment).toMatchObject({ after, to: time, entries: waiting.length });
          written.push(...waiting);
          waiting = [];
          after = time;
        };
        for (const { step, seconds, size, cut } of steps) {
          time = seconds === 0 ? opTime(time.t, time.i + step, time.term) : opTime(time.t + seconds, 1, time.term + seconds - 1);
          waiting.push(oplogEntry(time, size));
          if (cut) await flush();
        }
        if (waiting.length > 0) await flush();
        const reader = await archive.open(1);
        expect(reader.stretches).toEqual([{ timeline: 1, after: opTime(50, 0), to: time }]);
        const read = (await Array.fromAsync(reader.entries(opTime(50, 0), time))).flatMap(documentsOf);
        expect(read.map((document) => document.toString('hex'))).toEqual(written.map((document) => document.toString('hex')));
      }),
      { numRuns: 40 },
    );
  });

  it('holds an entry of 16 MiB and 16 KiB (O7)', async () => {
    const archive = await archiveIn(createMemoryStore());
    const entry = oplogEntry(opTime(100, 1), 16 * 1024 * 1024 + 16 * 1024);
    await archive.beginTimeline({ number: 1, after: opTime(99, 1), begunAt, gap: null });
    await archive.append({ timeline: 1, after: opTime(99, 1) }, batchOfDocuments([entry]));
    expect((await (await archive.open(1)).entryAt({ t: 100, i: 1 }))?.equals(entry)).toBe(true);
  });

  it('reads from any entry to any point, within segments too, and proves that the first was the one expected (O2, O9)', async () => {
    const archive = await filled(createMemoryStore());
    expect(await readAll(archive)).toEqual(range(100, 1, 9));
    expect(await readAll(archive, opTime(100, 2), { t: 100, i: 8 })).toEqual(range(100, 3, 8));
    expect(await readAll(archive, opTime(100, 3), { t: 100, i: 4 })).toEqual(range(100, 4, 4));
    expect(await readAll(archive, opTime(100, 3), { t: 100, i: 3 })).toEqual([]);
    await expect(readAll(archive, opTime(99, 4))).rejects.toEqual(gap);
    await expect(readAll(archive, opTime(99, 5, 2))).rejects.toEqual(gap);
    await expect(readAll(archive, opTime(100, 2, 2))).rejects.toEqual(gap);
    await expect(readAll(archive, opTime(100, 3, 2))).rejects.toEqual(gap);
    await expect(readAll(archive, opTime(99, 5), { t: 100, i: 10 })).rejects.toThrow(/100:9 of term 1 is missing, up to 100:10/);
    await expect(archive.open(2)).rejects.toEqual(gap);
  });

  it('finds one entry at its exact time', async () => {
    const reader = await (await filled(createMemoryStore())).open(1);
    expect((await reader.entryAt({ t: 100, i: 5 }))?.equals(oplogEntry(opTime(100, 5)))).toBe(true);
    for (const time of [
      { t: 99, i: 5 },
      { t: 100, i: 0 },
      { t: 100, i: 10 },
    ])
      expect(await reader.entryAt(time)).toBeNull();
  });

  it('names the gap that a lost segment leaves; what lies before and after it still reads (O2)', async () => {
    const store = createMemoryStore();
    const archive = await filled(store);
    await store.delete((await segmentKeys(store))[1]!);
    await expect(readAll(archive)).rejects.toThrow(/follows the entry at 100:3 of term 1 is missing, up to 100:6/);
    expect(await readAll(archive, opTime(100, 6))).toEqual(range(100, 7, 9));
    expect(await archive.stretches()).toEqual([
      { timeline: 1, after: opTime(99, 5), to: opTime(100, 3) },
      { timeline: 1, after: opTime(100, 6), to: opTime(100, 9) },
    ]);
  });

  it('reads each entry once where two followers wrote the same for a moment, in whatever pieces', async () => {
    const archive = await filled(createMemoryStore());
    await archive.append({ timeline: 1, after: opTime(99, 5) }, entriesOf(100, 1, 5));
    await archive.append({ timeline: 1, after: opTime(100, 4) }, entriesOf(100, 5, 7));
    expect(await readAll(archive)).toEqual(range(100, 1, 9));
    expect(await archive.stretches()).toEqual([{ timeline: 1, after: opTime(99, 5), to: opTime(100, 9) }]);
  });

  it('lists and reads what a new replica set writes before its first election, of term -1 (O2)', async () => {
    const archive = await archiveIn(createMemoryStore());
    const after = opTime(99, 5, -1);
    await archive.beginTimeline({ number: 1, after, begunAt, gap: null });
    await archive.append({ timeline: 1, after }, entriesOf(100, 1, 2, -1));
    await archive.append({ timeline: 1, after: opTime(100, 2, -1) }, entriesOf(100, 3, 4));
    expect(await archive.stretches()).toEqual([{ timeline: 1, after, to: opTime(100, 4) }]);
    expect(await readAll(archive, after, { t: 100, i: 4 })).toEqual(range(100, 1, 4));
  });

  it('refuses entries that cannot follow, and a batch of none (O8)', async () => {
    const archive = await filled(createMemoryStore());
    await expect(archive.append({ timeline: 1, after: opTime(100, 9) }, entriesOf(100, 9, 10))).rejects.toEqual(gap);
    await expect(archive.append({ timeline: 1, after: opTime(100, 9, 2) }, entriesOf(100, 10, 10))).rejects.toEqual(gap);
    await expect(archive.append({ timeline: 1, after: opTime(100, 9) }, batchOfDocuments([]))).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('keeps timelines apart and in order, with the gaps between them', async () => {
    const archive = await filled(createMemoryStore());
    const second = {
      number: 2,
      after: opTime(60, 1, 3),
      begunAt,
      gap: { cause: 'rolled-back', detail: 'x', after: opTime(100, 9), until: opTime(60, 1, 3), noticedAt: begunAt },
    } as const;
    await archive.beginTimeline(second);
    await archive.append({ timeline: 2, after: opTime(60, 1, 3) }, entriesOf(60, 2, 4, 3));
    expect(await archive.timelines()).toEqual([{ number: 1, after: opTime(99, 5), begunAt, gap: null }, second]);
    expect((await archive.stretches()).map(({ timeline, to }) => [timeline, to])).toEqual([
      [1, opTime(100, 9)],
      [2, opTime(60, 4, 3)],
    ]);
    expect(await readAll(archive)).toEqual(range(100, 1, 9));
  });

  it('P6: removes what lies wholly outside of what is kept, and no more; repeating it is harmless', async () => {
    const archive = await filled(createMemoryStore());
    const keep = [{ timeline: 1, after: opTime(100, 5), to: opTime(100, 8) }];
    expect(await archive.trim(1, keep)).toEqual({ segments: 1, bytes: expect.any(Number) });
    expect(await archive.trim(1, keep)).toEqual({ segments: 0, bytes: 0 });
    // What was appended since the decision stays.
    expect(await archive.stretches()).toEqual([{ timeline: 1, after: opTime(100, 3), to: opTime(100, 9) }]);
    expect(await readAll(archive, opTime(100, 5))).toEqual(range(100, 6, 9));
  });

  it('P6: removes a timeline as a whole, and the pieces between what is kept', async () => {
    const archive = await filled(createMemoryStore());
    const second = { number: 2, after: opTime(200, 1), begunAt, gap: null };
    await archive.beginTimeline(second);
    for (const first of [2, 4, 6])
      await archive.append({ timeline: 2, after: opTime(200, first - 1) }, entriesOf(200, first, first + 1));
    const keep = [
      { after: opTime(200, 1), to: opTime(200, 3) },
      { after: opTime(200, 5), to: opTime(200, 7) },
    ];
    expect(
      (
        await archive.trim(
          2,
          keep.map((stretch) => ({ timeline: 2, ...stretch })),
        )
      ).segments,
    ).toBe(1);
    expect((await archive.trim(1, [])).segments).toBe(3);
    expect(await archive.timelines()).toEqual([second]);
    expect(await archive.stretches()).toEqual(keep.map((stretch) => ({ timeline: 2, ...stretch })));
    expect((await archive.newest())?.at).toEqual(opTime(200, 7));
  });

  it('P6: killed at any moment of the removal, what is left is read to its end, and the next removal ends it', async () => {
    for (let after = 0; after <= 3; after++) {
      const inner = createMemoryStore();
      await filled(inner);
      const store = createFaultyStore(inner, [{ method: 'delete', effect: { kind: 'die' }, after }]);
      const keep = [{ timeline: 1, after: opTime(100, 6), to: opTime(100, 9) }];
      const removal = (await archiveIn(store)).trim(1, keep);
      await (after < 2 ? expect(removal).rejects.toMatchObject({ code: 'store-unavailable' }) : removal);
      const archive = await archiveIn(inner);
      expect((await archive.stretches()).at(-1)).toEqual({ timeline: 1, after: expect.anything(), to: opTime(100, 9) });
      expect(await readAll(archive, opTime(100, 6))).toEqual(range(100, 7, 9));
      await archive.trim(1, keep);
      expect(await archive.stretches()).toEqual(keep);
    }
  });
});

describe('a damaged archive', () => {
  it('refuses every altered byte and every shorter length of a segment and of a timeline (P2)', async () => {
    const store = createMemoryStore();
    const archive = await filled(store);
    const [segment] = await segmentKeys(store);
    const timeline = segment!.replace(/segments\/.*/, 'timelines/00000001');
    for (const [key, read] of [[segment!, () => readAll(archive)] as const, [timeline, () => archive.timelines()] as const]) {
      const whole = await store.get(key);
      for (let at = 0; at < whole.length; at++) {
        const altered = Buffer.from(whole);
        altered[at]! ^= 1 << (at % 8);
        await store.put(key, altered);
        // Two bytes of the head mean nothing, and are under the tag all the same.
        await expect(read(), `${key} byte ${at}`).rejects.toEqual(corrupt);
      }
      for (const length of [0, 1, 27, whole.length - 1]) {
        await store.put(key, whole.subarray(0, length));
        await expect(read(), `${key} length ${length}`).rejects.toEqual(corrupt);
      }
      await store.put(key, Buffer.concat([whole, Buffer.from('x')]));
      if (key === segment) await expect(read()).rejects.toEqual(corrupt);
      await store.put(key, whole);
      await read();
    }
  });

  it('refuses a segment in the place of another, of another instance, or under a name that tells something else (P2)', async () => {
    const store = createMemoryStore();
    const archive = await filled(store);
    const [first, second] = (await segmentKeys(store)) as [string, string];
    const [firstBytes, secondBytes] = [await store.get(first), await store.get(second)];
    await store.put(first, secondBytes);
    await expect(readAll(archive)).rejects.toEqual(corrupt);
    await store.put(first, firstBytes);
    const other = await archiveIn(store, 'e'.repeat(32));
    await other.beginTimeline({ number: 1, after: opTime(99, 5), begunAt, gap: null });
    await store.put(first.replace(instance, 'e'.repeat(32)), firstBytes);
    await expect(readAll(other, opTime(99, 5), { t: 100, i: 3 })).rejects.toEqual(corrupt);
    await store.delete(second);
    await store.put(first.replace(/-0000006400000003-/, '-0000006400000006-'), firstBytes);
    await expect(readAll(archive)).rejects.toEqual(corrupt);
  });
});
