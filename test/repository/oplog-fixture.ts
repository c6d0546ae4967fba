import type { OpTime } from '../../src/core/image.ts';
import type { OplogTimeline } from '../../src/core/oplog-archive.ts';
import type { RawBatch } from '../../src/lib/raw-bson.ts';
import { project } from './sample.ts';
import { entriesOf, opTime } from './sample-oplog.ts';

const begunAt = '2026-01-02T03:04:05.000Z';
const timelines: readonly OplogTimeline[] = [
  { number: 1, after: opTime(99, 5), begunAt, gap: null },
  {
    number: 2,
    after: opTime(300, 1, 2),
    begunAt,
    gap: { cause: 'rolled-over', detail: 'too small', after: opTime(200, 4), until: opTime(300, 1, 2), noticedAt: begunAt },
  },
];

/** What test/fixtures/repository-v1-oplog holds. Never change it: the fixture stands for every archive ever written. */
export const oplogFixture = {
  project,
  instance: 'f'.repeat(32),
  timelines,
  segments: (): readonly {
    readonly place: { readonly timeline: number; readonly after: OpTime };
    readonly entries: RawBatch;
  }[] => [
    { place: { timeline: 1, after: opTime(99, 5) }, entries: entriesOf(100, 1, 300, 1, 50) },
    { place: { timeline: 1, after: opTime(100, 300) }, entries: entriesOf(200, 1, 4) },
    { place: { timeline: 2, after: opTime(300, 1, 2) }, entries: entriesOf(300, 2, 9, 2) },
  ],
  /** Of the manifest `base`. */
  base: { clusterTime: { t: 100, i: 200 }, term: 1, oplogAfter: { t: 100, i: 190 } },
} as const;
