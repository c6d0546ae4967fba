import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockIndex } from './block-index.ts';
import { Gate } from './gate.ts';
import { IdentityMap } from './identity-map.ts';
import { planPrune, type PruneFacts } from './prune-plan.ts';
import { mostLayers, needsConsolidation } from './needs-consolidation.ts';
import { readAhead } from './read-ahead.ts';
import type { LayerRef } from '../core/image.ts';

describe('IdentityMap', () => {
  it('is a map of types and bytes to numbers', () => {
    const entry = fc.tuple(fc.constantFrom(2, 7, 16), fc.uint8Array({ maxLength: 6, max: 3 }), fc.nat(0xffff_ffff));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 400 }), (sets) => {
        const map = new IdentityMap();
        const model = new Map<string, number>();
        for (const [type, bytes, value] of sets) {
          const buffer = Buffer.from([9, 9, ...bytes]);
          const identity = { type, start: 0, value: 2, end: buffer.length };
          const name = `${type} ${Buffer.from(bytes).toString('hex')}`;
          expect(map.get(buffer, identity)).toBe(model.get(name));
          expect(map.set(buffer, identity, value)).toBe(model.get(name));
          model.set(name, value);
          expect(map.get(buffer, identity)).toBe(value);
        }
        expect(map.size).toBe(model.size);
      }),
    );
  });

  it('grows to many, and takes an _id of any length', () => {
    const map = new IdentityMap();
    const buffer = Buffer.alloc(8);
    const identity = { type: 16, start: 0, value: 0, end: 8 };
    for (let n = 0; n < 50_000; n++) {
      buffer.writeUInt32LE(n);
      expect(map.set(buffer, identity, n)).toBeUndefined();
    }
    for (let n = 0; n < 50_000; n += 7) {
      buffer.writeUInt32LE(n);
      expect(map.get(buffer, identity)).toBe(n);
    }
    const long = Buffer.alloc(100_000, 1);
    expect(map.set(long, { type: 2, start: 0, value: 0, end: long.length }, 1)).toBeUndefined();
    expect(map.get(long, { type: 2, start: 0, value: 0, end: long.length - 1 })).toBeUndefined();
  });
});

describe('BlockIndex', () => {
  const idOf = (n: number): Buffer => createHash('sha256').update(String(n)).digest();

  it('finds every block of every pack, the first of equal ones, and no other', () => {
    const index = new BlockIndex();
    expect(index.find(idOf(0))).toBeNull();
    const packs = Array.from({ length: 50 }, (_, p) => ({ name: String(p), salt: Buffer.alloc(32), size: 1, inline: false }));
    packs.forEach((pack, p) =>
      index.addPack(
        pack,
        Array.from({ length: 40 }, (_, n) => ({ id: idOf(p * 40 + n), ordinal: n, offset: n * 10, storedLength: 10 })),
      ),
    );
    index.addPack({ ...packs[0]!, name: 'later' }, [{ id: idOf(0), ordinal: 9, offset: 9, storedLength: 9 }]);
    expect(index.size).toBe(2_000);
    for (let n = 0; n < 2_000; n++)
      expect(index.find(idOf(n))).toEqual({
        pack: packs[Math.floor(n / 40)],
        ordinal: n % 40,
        offset: (n % 40) * 10,
        storedLength: 10,
      });
    expect(index.find(idOf(2_000))).toBeNull();
  });
});

describe('Gate', () => {
  const { signal } = new AbortController();

  it('admits in order, never more than its capacity, and what is too heavy alone', async () => {
    const gate = new Gate(10);
    let inside = 0;
    const order: number[] = [];
    const weights = [4, 6, 5, 30, 1, 1, 9];
    const visits = weights.map(async (weight, n) => {
      await gate.enter(weight, signal);
      inside += weight;
      order.push(n);
      expect(inside <= 10 || inside === weight).toBe(true);
      await Promise.resolve();
      inside -= weight;
      gate.leave(weight);
    });
    await Promise.all(visits);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('lets whoever waits go when it is cancelled, and the next one in', async () => {
    const gate = new Gate(10);
    const controller = new AbortController();
    await gate.enter(5, signal);
    const heavy = gate.enter(8, controller.signal);
    const light = gate.enter(5, signal);
    controller.abort();
    await expect(heavy).rejects.toMatchObject({ code: 'cancelled' });
    await light;
    await expect(gate.enter(1, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('readAhead', () => {
  it('keeps the order and its bound', async () => {
    let running = 0;
    let most = 0;
    const results = readAhead([5, 1, 4, 2, 3], 2, async (n) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < n; turn++) await Promise.resolve();
      running--;
      return n;
    });
    expect(await Array.fromAsync(results)).toEqual([5, 1, 4, 2, 3]);
    expect(most).toBe(2);
  });

  it('throws the first error where it stands', async () => {
    const seen: number[] = [];
    const walk = async (): Promise<void> => {
      for await (const n of readAhead([1, 2, 3, 4], 3, async (item) => (item === 3 ? Promise.reject(new Error('third')) : item)))
        seen.push(n);
    };
    await expect(walk()).rejects.toThrow('third');
    expect(seen).toEqual([1, 2]);
  });
});

describe('planPrune', () => {
  it('decides about each object exactly once, and removes only what is unreferenced and marked for long enough', () => {
    const object = fc.record({
      kind: fc.constantFrom('packs' as const, 'layers' as const),
      name: fc.integer({ min: 0, max: 9 }).map(String),
      size: fc.nat(100),
    });
    const names = fc.array(fc.integer({ min: 0, max: 9 }).map(String)).map((list) => new Set(list));
    const marks = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 12 }).map(String), fc.integer({ min: 0, max: 200 })))
      .map((list) => new Map(list));
    const facts: fc.Arbitrary<PruneFacts> = fc.record({
      objects: fc.uniqueArray(object, { selector: ({ kind, name }) => kind + name }),
      referenced: fc.record({ packs: names, layers: names }),
      marks: fc.record({ packs: marks, layers: marks }),
    });
    fc.assert(
      fc.property(facts, fc.integer({ min: 1, max: 60 }), (given, grace) => {
        const plan = planPrune(given, 100, grace);
        for (const { kind, name } of plan.remove) {
          expect(given.referenced[kind].has(name)).toBe(false);
          expect(100 - given.marks[kind].get(name)!).toBeGreaterThanOrEqual(grace);
        }
        const decided = [...plan.remove, ...plan.mark, ...plan.waiting];
        const unreferenced = given.objects.filter(({ kind, name }) => !given.referenced[kind].has(name));
        expect(new Set(decided)).toEqual(new Set(unreferenced));
        expect(decided.length).toBe(unreferenced.length);
        for (const { kind, name } of plan.unmark)
          expect(unreferenced.some((one) => one.kind === kind && one.name === name)).toBe(false);
      }),
    );
  });
});

describe('needsConsolidation', () => {
  const layer = (documents: number, removals = 0): LayerRef => ({ id: '', kind: 'changes', documents, removals, bytes: 0 });
  it.each([
    ['nothing', [], false],
    ['one layer', [layer(10)], false],
    ['few changes', [layer(1000), layer(10), layer(20, 5)], false],
    ['a third', [layer(1000), layer(500)], false],
    ['more than a third', [layer(1000), layer(400, 101)], true],
    ['an empty base', [layer(0), layer(1)], true],
    ['as many layers as allowed', [layer(10_000), ...Array.from({ length: mostLayers - 1 }, () => layer(1))], false],
    ['too many layers', [layer(10_000), ...Array.from({ length: mostLayers }, () => layer(1))], true],
  ])('%s', (_, layers, needed) => {
    expect(needsConsolidation(layers)).toBe(needed);
  });
});
