import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RawBatch } from '../lib/raw-bson.ts';
import { TransferProgress, type Brake } from './transfer-progress.ts';
import type { JobProgress } from './use-cases.ts';

/** A batch of documents of 100 bytes; only their lengths are looked at. */
function batchOf(count: number): RawBatch {
  const buffer = Buffer.alloc(100 * count);
  const starts = Uint32Array.from({ length: count }, (_, n) => n * 100);
  for (const start of starts) buffer.writeInt32LE(100, start);
  return { buffer, starts, count };
}

function recorded(brake?: Brake) {
  const reports: JobProgress[] = [];
  const time = { now: 1_000_000 };
  const clock = { now: () => new Date(time.now) };
  const progress = new TransferProgress(clock, (report) => reports.push(report), brake);
  return { progress, reports, time, last: () => reports.at(-1)! };
}

it('shows documents, bytes, rate and the time that is left', () => {
  const { progress, time, last } = recorded();
  progress.phase('scanning');
  progress.expect(40, 4000);
  progress.read(batchOf(10));
  time.now += 1000;
  progress.read(batchOf(10));
  expect(last()).toEqual({
    phase: 'scanning',
    share: 0.5,
    documentsDone: 20,
    documentsTotal: 40,
    bytesDone: 2000,
    bytesTotal: 4000,
    bytesPerSecond: 1000,
    secondsLeft: 2,
    lagSeconds: null,
    oplogWindowSeconds: null,
  });
});

it('forgets what the rate was more than some seconds ago', () => {
  const { progress, time, last } = recorded();
  progress.phase('scanning');
  progress.read(batchOf(1000));
  for (let n = 0; n < 60; n++) {
    time.now += 1000;
    progress.read(batchOf(1));
  }
  expect(last().bytesPerSecond).toBe(100);
  time.now -= 3_600_000;
  progress.read(batchOf(1));
  expect(last().bytesPerSecond).toBe(0);
});

it('knows no share before it knows a total, counts what is expected later on top, and what is gone as done', () => {
  const { progress, last } = recorded();
  progress.phase('reading the oplog');
  progress.read(batchOf(5));
  progress.expectMore(100, 100);
  progress.phase('reading the oplog');
  expect(last()).toMatchObject({ share: null, documentsTotal: null, bytesTotal: null, secondsLeft: null });
  progress.expect(5, 500);
  progress.gone(2);
  expect(last()).toMatchObject({ share: 0.5, documentsDone: 7, documentsTotal: 10, bytesTotal: 1000 });
  progress.read(batchOf(3));
  progress.settle();
  progress.phase('storing');
  expect(last()).toMatchObject({ share: 0.99, documentsDone: 10, documentsTotal: 10, bytesDone: 800, bytesTotal: 800 });
});

it('goes by documents where there are no bytes to expect', () => {
  const { progress, last } = recorded();
  progress.expect(4, 0);
  progress.gone(1);
  expect(last()).toMatchObject({ share: 0.25 });
});

it('never goes back and never beyond what is expected, whatever happens in whatever order', () => {
  const event = fc.oneof(
    fc.record({ kind: fc.constant('read' as const), count: fc.nat({ max: 20 }) }),
    fc.record({ kind: fc.constant('expect' as const), count: fc.nat({ max: 500 }) }),
    fc.record({ kind: fc.constant('gone' as const), count: fc.nat({ max: 20 }) }),
    fc.record({ kind: fc.constant('settle' as const), count: fc.constant(0) }),
    fc.record({ kind: fc.constant('wait' as const), count: fc.integer({ min: -5000, max: 5000 }) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { progress, reports, time } = recorded();
      for (const { kind, count } of events) {
        if (kind === 'read') progress.read(batchOf(count));
        else if (kind === 'expect') progress.expect(count, count * 90);
        else if (kind === 'gone') progress.gone(count);
        else if (kind === 'settle') progress.settle();
        else time.now += count;
      }
      let before: JobProgress | null = null;
      for (const report of reports) {
        expect(report.share ?? 0).toBeLessThan(1);
        expect(report.share ?? 0).toBeGreaterThanOrEqual(before?.share ?? 0);
        expect(report.bytesDone).toBeGreaterThanOrEqual(before?.bytesDone ?? 0);
        expect(report.documentsDone).toBeGreaterThanOrEqual(before?.documentsDone ?? 0);
        expect(report.bytesDone).toBeLessThanOrEqual(report.bytesTotal ?? Infinity);
        expect(report.documentsDone).toBeLessThanOrEqual(report.documentsTotal ?? Infinity);
        expect(report.bytesPerSecond).toBeGreaterThanOrEqual(0);
        expect(report.secondsLeft ?? 0).toBeGreaterThanOrEqual(0);
        before = report;
      }
    }),
  );
});

it('holds reading back and says why, except in an urgent phase, and shows how the source stands', async () => {
  const taken: [number, boolean][] = [];
  const brake = {
    cause: null as string | null,
    take: async (bytes: number, urgent: boolean) => void taken.push([bytes, urgent]),
  };
  const { progress, last } = recorded(brake);
  progress.phase('scanning');
  await progress.readHeldBack(batchOf(2));
  brake.cause = 'reads take 80 ms';
  progress.observe({ lag: 3, window: 7200 });
  expect(last()).toMatchObject({
    phase: 'scanning, slowed down: reads take 80 ms',
    lagSeconds: 3,
    oplogWindowSeconds: 7200,
  });
  progress.phase('final round', { urgent: true });
  await progress.readHeldBack(batchOf(1));
  expect(taken).toEqual([
    [200, false],
    [100, true],
  ]);
});
