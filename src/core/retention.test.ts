import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastRestorable, planRetention, type AgingBackup } from './retention.ts';

const golden = new URL('../../test/fixtures/retention-verdicts.json', import.meta.url);
const dayMs = 86_400_000;

const backups: fc.Arbitrary<readonly AgingBackup[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom('Manual' as const, 'Auto' as const),
      status: fc.constantFrom(
        'BUILDING' as const,
        'COMPLETED' as const,
        'COMPLETED' as const,
        'FAILED' as const,
        'DISABLED' as const,
      ),
      beginTime: fc.integer({ min: 0, max: 400 }).map((days) => new Date(days * dayMs)),
      keepDays: fc.constantFrom(null, 1, 7, 30, 732),
    }),
    { maxLength: 30 },
  )
  .map((rows) => rows.map((row, n) => ({ ...row, id: String(n).padStart(2, '0') })));
const times = fc.integer({ min: -1000, max: 2000 }).map((days) => new Date(days * dayMs));
const removed = (all: readonly AgingBackup[], now: Date): string[] =>
  planRetention(all, now)
    .filter(({ remove }) => remove)
    .map(({ id }) => id);

describe('planRetention', () => {
  it('P5: says of each backup why it stays or goes, as written down', () => {
    const cases = JSON.parse(readFileSync(golden, 'utf8')) as {
      readonly what: string;
      readonly now: string;
      readonly backups: readonly (Omit<AgingBackup, 'beginTime'> & { readonly beginTime: string; readonly verdict: string })[];
    }[];
    expect(cases.length).toBeGreaterThan(5);
    for (const { what, now, backups: rows } of cases) {
      const all = rows.map((row) => ({ ...row, beginTime: new Date(row.beginTime) }));
      const verdicts = planRetention(all, new Date(now)).map(
        ({ id, remove, reason }) => `${id}: ${remove ? 'goes' : 'stays'}, ${reason}`,
      );
      expect({ what, verdicts }).toEqual({ what, verdicts: rows.map(({ id, verdict }) => `${id}: ${verdict}`) });
    }
  });

  it('P5: never removes the last restorable backup', () => {
    fc.assert(
      fc.property(backups, times, (all, now) => {
        const gone = new Set(removed(all, now));
        const left = all.filter(({ id }) => !gone.has(id));
        expect(lastRestorable(left)).toEqual(lastRestorable(all));
      }),
    );
  });

  it('A6: of an instance that is gone, the last one goes as well', () => {
    const left = { id: 'a', type: 'Auto', status: 'COMPLETED', beginTime: new Date(0), keepDays: 1 } as const;
    const manual = { ...left, id: 'b', type: 'Manual', keepDays: null } as const;
    expect(planRetention([left, manual], new Date(dayMs), { exists: false }).map(({ reason }) => reason)).toEqual([
      'expired',
      'manual',
    ]);
    expect(planRetention([left], new Date(dayMs)).map(({ reason }) => reason)).toEqual(['last-restorable']);
  });

  it('P5: never removes a manual backup, one that is being made, or one within its days', () => {
    fc.assert(
      fc.property(backups, times, (all, now) => {
        for (const id of removed(all, now)) {
          const backup = all.find((each) => each.id === id);
          expect(backup).toMatchObject({ type: 'Auto' });
          expect(['COMPLETED', 'FAILED']).toContain(backup?.status);
          expect(now.getTime() - (backup?.beginTime.getTime() ?? 0)).toBeGreaterThanOrEqual((backup?.keepDays ?? 0) * dayMs);
        }
      }),
    );
  });

  it('P5: is monotone in time: what is gone stays gone, and an earlier clock removes less', () => {
    fc.assert(
      fc.property(backups, times, times, (all, a, b) => {
        const [early, late] = a <= b ? [a, b] : [b, a];
        const later = new Set(removed(all, late));
        for (const id of removed(all, early)) expect(later.has(id)).toBe(true);
      }),
    );
  });

  it('P5: a clock that jumps in any way, for any number of looks, never costs the last restorable backup', () => {
    fc.assert(
      fc.property(backups, fc.array(times, { maxLength: 8 }), (all, looks) => {
        let left = all;
        for (const now of looks) {
          const gone = new Set(removed(left, now));
          left = left.filter(({ id }) => !gone.has(id));
        }
        expect(lastRestorable(left)).toEqual(lastRestorable(all));
      }),
    );
  });
});
