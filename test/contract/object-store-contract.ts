import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/storage/port.ts';

/** How a suite gets a store of the kind it is run for: empty, and again the same objects when `reopen` is called. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  readonly dispose: () => Promise<void>;
}

const code = (name: string): unknown => expect.objectContaining({ name: 'LarderError', code: name });

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);
}

/** What every store promises (src/storage/port.ts). Run for each kind. */
export function objectStoreContract(kind: string, open: () => Promise<StoreUnderTest>): void {
  describe(`object store contract: ${kind}`, () => {
    let under: StoreUnderTest;
    let store: ObjectStore;
    beforeAll(async () => {
      under = await open();
      store = under.store;
    });
    afterAll(async () => {
      await store?.close();
      await under?.dispose();
    });

    it('gives back what was put, whole and in ranges', async () => {
      const bytes = randomBytes(300_000);
      await store.put('a/whole', bytes);
      expect(Buffer.compare(await store.get('a/whole'), bytes)).toBe(0);
      for (const [offset, length] of [
        [0, 1],
        [0, 300_000],
        [299_999, 1],
        [1000, 70_000],
        [5, 0],
        [300_000, 0],
      ] as const) {
        expect(Buffer.compare(await store.getRange('a/whole', offset, length), bytes.subarray(offset, offset + length))).toBe(0);
      }
    });

    it('keeps an empty object', async () => {
      await store.put('a/empty', Buffer.alloc(0));
      expect(await store.get('a/empty')).toHaveLength(0);
      expect(await store.stat('a/empty')).toMatchObject({ key: 'a/empty', size: 0 });
    });

    it('does not share memory with what was put or got', async () => {
      const bytes = Buffer.from('before');
      await store.put('a/shared', bytes);
      bytes.fill(0);
      (await store.get('a/shared')).fill(1);
      (await store.getRange('a/shared', 0, 3)).fill(1);
      expect((await store.get('a/shared')).toString()).toBe('before');
    });

    it('takes a view into a larger buffer', async () => {
      const large = Buffer.from('xxmiddlexx');
      await store.put('a/view', new Uint8Array(large.buffer, large.byteOffset + 2, 6));
      expect((await store.get('a/view')).toString()).toBe('middle');
    });

    it('replaces an object as a whole', async () => {
      await store.put('a/replaced', Buffer.from('a long first content'));
      await store.put('a/replaced', Buffer.from('short'));
      expect((await store.get('a/replaced')).toString()).toBe('short');
      expect((await store.stat('a/replaced'))?.size).toBe(5);
    });

    it('shows one of the contents when two puts race, never a mixture', async () => {
      const contents = Array.from({ length: 6 }, (_, n) => Buffer.alloc(100_000 + n, n + 1));
      await Promise.all(contents.map((bytes) => store.put('a/raced', bytes)));
      const stayed = await store.get('a/raced');
      expect(contents.some((bytes) => bytes.equals(stayed))).toBe(true);
    });

    it('says object-not-found for what is not there', async () => {
      await expect(store.get('none/here')).rejects.toEqual(code('object-not-found'));
      await expect(store.getRange('none/here', 0, 1)).rejects.toEqual(code('object-not-found'));
      await expect(store.getRange('none/here', 0, 0)).rejects.toEqual(code('object-not-found'));
      expect(await store.stat('none/here')).toBeNull();
    });

    it('refuses a range beyond the end as object-corrupt', async () => {
      await store.put('a/ten', Buffer.alloc(10));
      for (const [offset, length] of [
        [0, 11],
        [9, 2],
        [10, 1],
        [11, 1],
        [11, 0],
      ] as const) {
        await expect(store.getRange('a/ten', offset, length), `${offset}+${length}`).rejects.toEqual(code('object-corrupt'));
      }
    });

    it('deletes, also what is not there', async () => {
      await store.put('gone/one', Buffer.from('x'));
      await store.delete('gone/one');
      await store.delete('gone/one');
      await store.delete('gone/never/was');
      expect(await store.stat('gone/one')).toBeNull();
      expect(await keysOf(store, 'gone/')).toEqual([]);
    });

    it('lists by prefix in key order, with sizes', async () => {
      const keys = ['l/a', 'l/a-b', 'l/a.b', 'l/a0', 'l/a_/x', 'l/b/c', 'l/b/d/e', 'l/b-/z', 'l/B', 'lx', 'l0/q'];
      for (const key of keys) await store.put(key, Buffer.from(key));
      const order = keys.filter((key) => key.startsWith('l/')).sort();
      const listed = await Array.fromAsync(store.list('l/'));
      expect(listed.map(({ key }) => key)).toEqual(order);
      for (const { key, size, modified } of listed) {
        expect(size).toBe(key.length);
        expect(modified.getTime()).toBeGreaterThan(1_600_000_000_000);
      }
      expect(await keysOf(store, 'l/b')).toEqual(['l/b-/z', 'l/b/c', 'l/b/d/e']);
      expect(await keysOf(store, 'l/b/d/e')).toEqual(['l/b/d/e']);
      expect(await keysOf(store, 'l/nothing')).toEqual([]);
      expect(await keysOf(store, '')).toEqual(expect.arrayContaining(['lx', ...order]));
    });

    it('lists more than one page', async () => {
      const keys = Array.from({ length: 1_050 }, (_, n) => `many/${String(n).padStart(5, '0')}`);
      for (let n = 0; n < keys.length; n += 50)
        await Promise.all(keys.slice(n, n + 50).map((key) => store.put(key, Buffer.of(1))));
      expect(await keysOf(store, 'many/')).toEqual(keys);
    });

    it.each([
      ['', 'empty-key'],
      ['/a', 'empty-segment'],
      ['a/', 'empty-segment'],
      ['a//b', 'empty-segment'],
      ['..', 'dot-segment'],
      ['a/../b', 'dot-segment'],
      ['./a', 'dot-segment'],
      ['a\\b', 'forbidden-character'],
      ['a\0b', 'forbidden-character'],
      ['~tmp/x', 'forbidden-character'],
      ['ä', 'forbidden-character'],
      ['a b', 'forbidden-character'],
      ['a%2e%2e', 'forbidden-character'],
      [`a/${'x'.repeat(201)}`, 'segment-too-long'],
      ['x/'.repeat(450) + 'x', 'key-too-long'],
    ])('refuses the key %j: %s', async (key, reason) => {
      const refused = expect.objectContaining({ code: 'internal', details: { reason } });
      await expect(store.put(key, Buffer.of(1))).rejects.toEqual(refused);
      await expect(store.get(key)).rejects.toEqual(refused);
      await expect(store.getRange(key, 0, 1)).rejects.toEqual(refused);
      await expect(store.stat(key)).rejects.toEqual(refused);
      await expect(store.delete(key)).rejects.toEqual(refused);
    });

    it('does nothing once the signal is aborted', async () => {
      await store.put('a/kept', Buffer.from('kept'));
      const options = { signal: AbortSignal.abort() };
      await expect(store.put('a/never', Buffer.of(1), options)).rejects.toEqual(code('cancelled'));
      await expect(store.get('a/kept', options)).rejects.toEqual(code('cancelled'));
      await expect(store.getRange('a/kept', 0, 1, options)).rejects.toEqual(code('cancelled'));
      await expect(store.delete('a/kept', options)).rejects.toEqual(code('cancelled'));
      await expect(Array.fromAsync(store.list('a/', options))).rejects.toEqual(code('cancelled'));
      expect(await store.stat('a/never')).toBeNull();
      expect(await store.stat('a/kept')).not.toBeNull();
    });
  });
}
