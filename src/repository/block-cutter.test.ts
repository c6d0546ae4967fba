import { createHash } from 'node:crypto';
import { serialize } from 'bson';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockCutter, blockMemory } from './block-cutter.ts';
import { hashBytes, hashIdentity, keyedHashOf } from './document-identity.ts';
import { documentsKind, largestBlock, removalsKind, smallestBlock } from './format.ts';

const hash = keyedHashOf(Buffer.from('0123456789abcdef', 'hex'));

interface Cut {
  readonly kind: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** Cuts documents that are given in batches of `batchSize`. */
function cut(documents: readonly Buffer[], batchSize = 100, kind = documentsKind): Cut[] {
  const cutter = new BlockCutter(hash, blockMemory());
  const blocks: Cut[] = [];
  const take = (block: ReturnType<BlockCutter['take']>): void => {
    if (block === null) return;
    blocks.push({ kind: block.kind, count: block.count, bytes: Buffer.from(block.content) });
    block.release();
  };
  for (let from = 0; from < documents.length; from += batchSize) {
    const part = documents.slice(from, from + batchSize);
    const starts = new Uint32Array(part.length);
    part.reduce((at, document, n) => (starts[n] = at) + document.length, 0);
    const batch = { buffer: Buffer.concat(part), starts, count: part.length };
    for (let next = 0; next < batch.count;) {
      const result = cutter.append(kind, batch, next);
      next = result.next;
      take(result.block);
    }
  }
  take(cutter.take());
  return blocks;
}

const idsOf = (blocks: readonly Cut[]): string[] => blocks.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
const document = (id: number, size: number): Buffer => Buffer.from(serialize({ _id: id, text: String(id % 10).repeat(size) }));
const collection = Array.from({ length: 12_000 }, (_, n) => document(n, 1_500));

describe('BlockCutter', () => {
  it('loses, adds and reorders nothing, whatever the batches', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.nat(60_000)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (list, batchSize) => {
          const documents = list.map(([id, size]) => document(id, size));
          const blocks = cut(documents, batchSize);
          expect(Buffer.concat(blocks.map(({ bytes }) => bytes)).equals(Buffer.concat(documents))).toBe(true);
          expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(documents.length);
          expect(idsOf(cut(documents, batchSize + 7))).toEqual(idsOf(blocks));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps blocks between 256 KiB and 4 MiB, about 1 MiB on average', () => {
    const lengths = cut(collection).map(({ bytes }) => bytes.length);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(smallestBlock);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(largestBlock);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(500_000);
    expect(mean).toBeLessThan(2_000_000);
  });

  it('finds nearly all blocks again after inserts and deletes', () => {
    const before = new Set(idsOf(cut(collection)));
    const edited = collection.filter((_, n) => n !== 3_000 && n !== 7_001);
    edited.splice(5_000, 0, document(-1, 700), document(-2, 40));
    edited.unshift(document(-3, 10));
    const after = idsOf(cut(edited));
    expect(before.size).toBeGreaterThan(10);
    expect(after.filter((id) => !before.has(id)).length).toBeLessThanOrEqual(4 * 3);
    expect(after.filter((id) => before.has(id)).length).toBeGreaterThan(before.size / 4);
  });

  it('leaves a document that is larger than a block alone in one', () => {
    const large = document(1, largestBlock + 10);
    const blocks = cut([document(0, 10), large, document(2, 10)]);
    expect(blocks.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(blocks[1]!.bytes.equals(large)).toBe(true);
  });

  it('ends a block where documents and removals meet', () => {
    const cutter = new BlockCutter(hash, blockMemory());
    const one = { buffer: document(1, 1), starts: Uint32Array.of(0), count: 1 };
    expect(cutter.append(documentsKind, one, 0)).toEqual({ next: 1, block: null });
    expect(cutter.append(removalsKind, one, 0)).toMatchObject({ next: 0, block: { kind: documentsKind, count: 1 } });
    expect(cutter.append(removalsKind, one, 0)).toEqual({ next: 1, block: null });
    expect(cutter.take()).toMatchObject({ kind: removalsKind, count: 1 });
    expect(cutter.take()).toBeNull();
  });

  it('refuses a document whose length cannot be', () => {
    const cutter = new BlockCutter(hash, blockMemory());
    const buffer = document(1, 1);
    buffer.writeInt32LE(buffer.length + 1);
    expect(() => cutter.append(documentsKind, { buffer, starts: Uint32Array.of(0), count: 1 }, 0)).toThrow(RangeError);
  });
});

describe('hashIdentity', () => {
  it('never changes: repositories rely on it to find blocks again', () => {
    const known = [
      [serialize({ _id: 1 }), 3_889_289_189],
      [serialize({ _id: 'abcdefg' }), 2_177_944_117],
      [serialize({ x: 1 }), 2_517_089_205],
    ] as const;
    for (const [bytes, value] of known) expect(hashIdentity(hash, Buffer.from(bytes), 0, bytes.length)).toBe(value);
  });

  it('is the same wherever the document lies and _id stands, and hashes type and value only', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.date({ noInvalidDate: true })),
        fc.nat(20),
        (id, gap) => {
          const first = Buffer.from(serialize({ _id: id, a: 1 }));
          const later = Buffer.concat([Buffer.alloc(gap, 1), Buffer.from(serialize({ a: 'x', _id: id }))]);
          expect(hashIdentity(hash, later, gap, later.length - gap)).toBe(hashIdentity(hash, first, 0, first.length));
        },
      ),
    );
  });

  it('differs by type, key and every byte', () => {
    const bytes = Buffer.from('0102030405060708090a0b0c', 'hex');
    const seen = new Set([
      hashBytes(hash, 7, bytes, 0, 12),
      hashBytes(hash, 8, bytes, 0, 12),
      hashBytes({ ...hash, k1: 1 }, 7, bytes, 0, 12),
      hashBytes({ ...hash, k0: 1 }, 7, bytes, 0, 12),
    ]);
    for (let length = 0; length < 12; length++) seen.add(hashBytes(hash, 7, bytes, 0, length));
    expect(seen.size).toBe(16);
  });
});
