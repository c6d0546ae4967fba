import { randomBytes, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockId, openBlock, sealBlock, type PackedBlock } from './block.ts';
import { packKey, projectKeys, repositoryKeys } from './derive-keys.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import { packHeadLength, packTrailerLength, tagLength } from './format.ts';
import { decodeLayerList, encodeLayerList, layerIdOf, type LayerList } from './layer-list.ts';
import { decodePackFooter, decodePackHead, decodePackTrailer, encodePackHead, encodePackTail } from './pack-format.ts';
import { PackBuilder } from './pack-builder.ts';
import { localCodec, type ProvedFrame } from './block-codec.ts';
import { compress, decompress } from './zstd.ts';

const master = Buffer.alloc(32, 1);
const keys = projectKeys(master, 'ab'.repeat(16), 'p');
const corrupt = expect.objectContaining({ code: 'object-corrupt' });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

describe('keys', () => {
  it('differ for every purpose, project and repository', () => {
    const all = [
      ...Object.values(repositoryKeys(master, 'ab'.repeat(16))),
      ...['p', 'q'].flatMap((project) => Object.values(projectKeys(master, 'ab'.repeat(16), project))),
      ...Object.values(projectKeys(master, 'cd'.repeat(16), 'p')),
    ].map((key: Buffer | KeyObject) => (Buffer.isBuffer(key) ? key : key.export()).toString('hex'));
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((key) => key.length === 64)).toBe(true);
  });
});

describe('envelope', () => {
  const place: EnvelopePlace = { type: 'manifest', key: keys.manifests, context: 'here' };

  it('gives back what was sealed, and what follows it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 20 }), async (raw, rest) => {
        const opened = await openEnvelope(place, Buffer.concat([await sealEnvelope(place, Buffer.from(raw)), rest]), 'x');
        expect(opened.raw.equals(raw)).toBe(true);
        expect(opened.rest.equals(rest)).toBe(true);
      }),
    );
  });

  it('refuses every altered bit, every shorter length and every other place', async () => {
    const sealed = await sealEnvelope(place, Buffer.from('content of a manifest'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Buffer.from(sealed);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      await expect(openEnvelope(place, altered, 'x'), `bit ${bit}`).rejects.toEqual(corrupt);
    }
    for (let length = 0; length < sealed.length; length++)
      await expect(openEnvelope(place, sealed.subarray(0, length), 'x')).rejects.toEqual(corrupt);
    for (const other of [
      { ...place, context: 'there' },
      { ...place, type: 'record' as const },
      { ...place, key: keys.layers },
    ]) {
      await expect(openEnvelope(other, sealed, 'x')).rejects.toEqual(corrupt);
    }
  });
});

describe('block', () => {
  it('opens only with the very facts it was sealed with', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 2000 }),
        fc.nat(1000),
        fc.constantFrom(1, 2),
        async (array, ordinal, kind) => {
          const content = Buffer.from(array);
          const facts = { kind, rawLength: content.length, count: 3, id: blockId(keys.blockId, kind, content) };
          const frame = await compress(content);
          const target = Buffer.alloc(frame.length + tagLength + 10);
          const storedLength = sealBlock(target, 10, keys.packs, ordinal, facts, frame);
          const block: PackedBlock = { ...facts, ordinal, offset: 10, storedLength };
          const sealed = target.subarray(10, 10 + storedLength);
          expect((await openBlock(sealed, keys.packs, block, 'x', 10)).equals(content)).toBe(true);
          const others: PackedBlock[] = [
            { ...block, kind: 3 - kind },
            { ...block, count: 4 },
            { ...block, ordinal: ordinal + 1 },
            { ...block, rawLength: block.rawLength + 1 },
            { ...block, id: Buffer.alloc(32) },
          ];
          for (const other of others)
            await expect(openBlock(sealed, keys.packs, other, 'x', 10)).rejects.toMatchObject({
              code: 'object-corrupt',
              details: { object: 'x', offset: 10, length: storedLength },
            });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has another id as removals than as documents', () => {
    expect(blockId(keys.blockId, 1, Buffer.from('x')).equals(blockId(keys.blockId, 2, Buffer.from('x')))).toBe(false);
  });
});

describe('pack', () => {
  const size = fc.nat(2 ** 20);
  const facts = fc.record({ id: bytes(32), storedLength: size, rawLength: size, count: size, kind: fc.constantFrom(1, 2) });

  it('gives back its footer', () => {
    fc.assert(
      fc.property(bytes(32), fc.array(facts, { maxLength: 20 }), (salt, list) => {
        const key = packKey(keys, salt);
        let offset = packHeadLength;
        const blocks = list.map((one, ordinal) => ({ ...one, ordinal, offset: (offset += one.storedLength) - one.storedLength }));
        const tail = encodePackTail(key, salt, blocks);
        const packSize = offset + tail.length;
        const trailer = decodePackTrailer(tail.subarray(-packTrailerLength), packSize, 'x');
        expect(trailer).toEqual({ footerLength: tail.length - packTrailerLength, blocks: blocks.length });
        const footer = tail.subarray(0, trailer.footerLength);
        expect(decodePackFooter(footer, key, salt, blocks.length, packSize, 'x')).toEqual(blocks);
        expect(() => decodePackFooter(footer, key, salt, blocks.length, packSize + 1, 'x')).toThrow(corrupt);
        expect(decodePackHead(encodePackHead(salt), 'x').equals(salt)).toBe(true);
      }),
    );
  });

  it('P9: refuses an end that promises more than fits', () => {
    const trailer = encodePackTail(keys.packs, Buffer.alloc(32), []).subarray(-packTrailerLength);
    trailer.writeUInt32LE(0xffff_fff0, 0);
    expect(() => decodePackTrailer(trailer, 1000, 'x')).toThrow(corrupt);
    expect(() => decodePackTrailer(trailer, 2 ** 32, 'x')).toThrow(corrupt);
  });

  it('finds a bit that flips in memory before the pack is complete', async () => {
    const content = randomBytes(5_000);
    const proved = await localCodec(keys.blockId).compress(1, content);
    expect(proved.id).toEqual(blockId(keys.blockId, 1, content));
    expect(await decompress(proved.frame, content.length)).toEqual(content);
    const flipped = (bytes: Buffer, at: number): Buffer => {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 4;
      return copy;
    };
    /** A pack of the block, in which `damage` has been done before it is complete. */
    const complete = (given: ProvedFrame, damage: (buffer: Buffer, block: PackedBlock) => unknown): Buffer => {
      const buffer = Buffer.alloc(PackBuilder.lengthFor(given.frame.length));
      const builder = new PackBuilder(keys, buffer);
      damage(buffer, builder.add({ kind: 1, count: 1, rawLength: content.length }, given));
      return builder.finish(false).bytes;
    };
    const nothing = (): void => undefined;
    expect(complete(proved, nothing)).toHaveLength(PackBuilder.lengthFor(proved.frame.length));
    const damages: (() => Buffer)[] = [
      // After it was sealed: in the bytes, and in the id that the footer repeats.
      () => complete(proved, (buffer) => (buffer[200]! ^= 4)),
      () => complete({ ...proved, id: Buffer.from(proved.id) }, (_, { id }) => (id[7]! ^= 4)),
      // Between the proof and the seal, which then authenticates the wrong thing.
      () => complete({ ...proved, frame: flipped(proved.frame, 4_000) }, nothing),
      () => complete({ ...proved, id: flipped(proved.id, 31) }, nothing),
    ];
    for (const damage of damages) expect(damage).toThrow(corrupt);
  });
});

describe('layer list', () => {
  const u32 = fc.nat(2 ** 20);
  const large = fc.nat(Number.MAX_SAFE_INTEGER);
  const pack = fc.record({
    name: bytes(32).map((name) => name.toString('hex')),
    salt: bytes(32),
    size: fc.constant(2 ** 22),
    inline: fc.boolean(),
  });
  const block = fc.record({
    pack: fc.constant(0),
    ordinal: u32,
    offset: u32.map((n) => n + packHeadLength),
    storedLength: u32,
    rawLength: u32,
    count: u32,
    kind: fc.constantFrom(1, 2),
    id: bytes(32),
  });
  const list: fc.Arbitrary<LayerList> = fc.record({
    kind: fc.constantFrom('scan', 'changes', 'merged'),
    documents: large,
    removals: large,
    bytes: large,
    packs: fc.array(pack, { minLength: 1, maxLength: 5 }),
    blocks: fc.array(block, { maxLength: 20 }),
  });

  it('gives back what was encoded, under a new id each time', () => {
    fc.assert(
      fc.property(list, (one) => {
        const raw = encodeLayerList(one);
        expect(decodeLayerList(raw, 'x')).toEqual(one);
        expect(layerIdOf(keys.layerId, raw)).not.toBe(layerIdOf(keys.layerId, encodeLayerList(one)));
        expect(() => decodeLayerList(raw.subarray(1), 'x')).toThrow(corrupt);
        expect(() => decodeLayerList(raw.subarray(0, -1), 'x')).toThrow(corrupt);
      }),
    );
  });

  it('refuses blocks outside their packs', () => {
    const base: LayerList = {
      kind: 'scan',
      documents: 0,
      removals: 0,
      bytes: 0,
      packs: [{ name: '0'.repeat(64), salt: Buffer.alloc(32), size: 100, inline: false }],
      blocks: [],
    };
    const inside = { pack: 0, ordinal: 0, offset: 40, storedLength: 60, rawLength: 1, count: 1, kind: 1, id: Buffer.alloc(32) };
    const decode = (one: typeof inside): LayerList => decodeLayerList(encodeLayerList({ ...base, blocks: [one] }), 'x');
    expect(decode(inside).blocks).toHaveLength(1);
    for (const wrong of [{ pack: 1 }, { offset: 39 }, { offset: 41 }, { kind: 4 }, { rawLength: 2 ** 30 }])
      expect(() => decode({ ...inside, ...wrong })).toThrow(corrupt);
  });
});
