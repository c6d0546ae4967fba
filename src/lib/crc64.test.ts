import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc64 } from '../../test/fixtures/mongodump-archive.ts';
import { Crc64 } from './crc64.ts';

const of = (...parts: Uint8Array[]): bigint => {
  const crc = new Crc64();
  for (const part of parts) crc.add(part);
  return crc.value();
};

it('is the CRC-64 of ECMA-182 as Go calculates it', () => {
  expect(BigInt.asUintN(64, of(Buffer.from('123456789')))).toBe(0x995dc9bbdf1939fan);
  expect(of()).toBe(0n);
});

it('does not depend on how the bytes come, and is what its definition says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(of(bytes.subarray(0, cut), bytes.subarray(cut))).toBe(crc64(bytes));
    }),
  );
});
