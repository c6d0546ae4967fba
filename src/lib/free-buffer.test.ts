import { expect, it } from 'vitest';
import { freeBuffer } from './free-buffer.ts';

it('gives the memory of a large buffer back, and leaves alone what shares its memory with others', () => {
  const large = Buffer.allocUnsafe(1024 * 1024);
  freeBuffer(large);
  expect(large.buffer.byteLength).toBe(0);
  const small = Buffer.from('abc');
  freeBuffer(small);
  expect(small.toString()).toBe('abc');
  const shared = Buffer.from(new SharedArrayBuffer(1024 * 1024));
  freeBuffer(shared);
  expect(shared.length).toBe(1024 * 1024);
});
