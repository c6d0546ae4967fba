import { describe, expect, it } from 'vitest';
import { formatPoint } from '../../src/core/oplog-archive.ts';
import { checkRepository } from '../../src/repository/check-repository.ts';
import { createMemoryStore, type MemoryStore } from '../../src/storage/memory-store.ts';
import { manifestOf, open, project } from './sample.ts';
import { entriesOf, opTime } from './sample-oplog.ts';

const instance = 'f'.repeat(32);
const begunAt = '2026-01-02T03:04:05.000Z';

describe('the check of an archive', () => {
  /** Timeline 1 of three segments with two images, and timeline 2 after a gap. */
  const checked = async (change: (store: MemoryStore, keys: readonly string[]) => void, readData = 1) => {
    const store = createMemoryStore();
    const repository = (await open(store)).project(project);
    const archive = repository.oplog(instance);
    await archive.beginTimeline({ number: 1, after: opTime(99, 5), begunAt, gap: null });
    await archive.append({ timeline: 1, after: opTime(99, 5) }, entriesOf(100, 1, 3));
    await archive.append({ timeline: 1, after: opTime(100, 3) }, entriesOf(100, 4, 6));
    await archive.append({ timeline: 1, after: opTime(100, 6) }, entriesOf(100, 7, 9));
    const second = {
      cause: 'rolled-over',
      detail: '',
      after: opTime(100, 9),
      until: opTime(200, 1),
      noticedAt: begunAt,
    } as const;
    await archive.beginTimeline({ number: 2, after: opTime(200, 1), begunAt, gap: second });
    await archive.append({ timeline: 2, after: opTime(200, 1) }, entriesOf(200, 2, 3));
    for (const i of [2, 7]) {
      const image = { clusterTime: { t: 100, i }, term: 1, oplogAfter: { t: 100, i } } as const;
      const writer = await repository.beginWrite();
      await writer.commit({ ...manifestOf(`b${i}`, []), ...image, instanceId: instance });
    }
    change(store, [...store.objects.keys()].filter((key) => key.includes('/segments/')).toSorted());
    const report = await checkRepository(await open(store), { readData });
    const [found, ...more] = report.projects[0]!.archives;
    expect(more).toEqual([]);
    return {
      sound: report.sound,
      segments: found!.segments,
      damage: found!.damage.map(({ object, reason }) => [object.split('/').slice(-2).join('/'), reason]),
      lost: found!.lost.map(({ from, to }) => `${formatPoint(from)} to ${formatPoint(to)}`),
    };
  };
  const name = (key: string | undefined): string => key!.split('/').slice(-2).join('/');
  const time = (t: number, i: number): string => `${t}:${i} (${new Date(t * 1000).toISOString()})`;

  it('P2: finds nothing in one that is whole, and names a flipped byte with the moments that no longer restore', async () => {
    expect(await checked(() => undefined)).toEqual({ sound: true, segments: 4, damage: [], lost: [] });
    let key = '';
    const flip = (n: number) => (store: MemoryStore, keys: readonly string[]) => {
      key = keys[n]!;
      store.objects.get(key)!.bytes[40]! ^= 1;
    };
    const found = await checked(flip(1));
    expect(found).toEqual({
      sound: false,
      segments: 4,
      damage: [[name(key), expect.any(String)]],
      lost: ['100:4 to 100:6'],
    });
    // Without reading data a name is all that there is; of what a share of 0 does not read nothing is claimed.
    expect((await checked(flip(1), 0)).sound).toBe(true);
    expect((await checked(flip(2))).lost).toEqual(['100:7 to 100:9']);
    expect((await checked(flip(0))).lost).toEqual(['100:2 to 100:6']);
  });

  it('P2: misses a segment that was deleted, in the middle or at the end, without reading any', async () => {
    const without = (n: number) => checked((store, keys) => void store.objects.delete(keys[n]!), 0);
    expect(await without(1)).toEqual({
      sound: false,
      segments: 3,
      damage: [['segments/00000001-', `the entries after ${time(100, 3)} up to ${time(100, 6)} are missing`]],
      lost: ['100:4 to 100:6'],
    });
    expect(await without(2)).toEqual({
      sound: false,
      segments: 3,
      damage: [['segments/00000001-', `the entries after ${time(100, 6)} up to ${time(100, 9)} are missing`]],
      lost: ['100:7 to 100:9'],
    });
  });

  it('P2: names a segment that does not go on where the one before ended, and a timeline that is damaged or missing', async () => {
    let timeline = '';
    const foreign = await checked((store, keys) => {
      timeline = keys[0]!.replace(/segments\/.*/, 'timelines/00000001');
      store.objects.get(timeline)!.bytes[40]! ^= 1;
      // The second segment's name in the place of the third's: it holds what its name says no more.
      store.objects.set(keys[2]!, store.objects.get(keys[1]!)!);
    });
    expect(foreign.damage.map(([object]) => object)).toEqual([foreign.damage[0]![0], name(timeline)]);
    expect(foreign.damage[0]![0]).toMatch(/^segments\/00000001-0000006400000006/);
    const gone = await checked((store) => void store.objects.delete(timeline));
    expect(gone).toMatchObject({ sound: false, damage: [[name(timeline), 'missing']], lost: [] });
  });
});
