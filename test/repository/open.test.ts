import { describe, expect, it } from 'vitest';
import { openRepository } from '../../src/repository/open-repository.ts';
import type { Unlock } from '../../src/repository/port.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { backUp, open, project, sampleDocuments, testClock, unlock } from './sample.ts';

const clock = testClock();
const passphrase = (text: string): Unlock => ({ kind: 'passphrase', passphrase: text });

describe('openRepository', () => {
  it('P8: opens with its passphrase only, and says so clearly', async () => {
    const store = createMemoryStore();
    const made = await openRepository({ store, unlock: passphrase('the right öne'), clock, create: true });
    const decomposed = passphrase('the right o\u0308ne');
    expect((await openRepository({ store, unlock: decomposed, clock, create: false })).id).toBe(made.id);
    for (const wrong of [passphrase('a wrong one'), passphrase(''), unlock]) {
      const error: unknown = await openRepository({ store, unlock: wrong, clock, create: true }).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ code: 'wrong-key' });
      expect(JSON.stringify(error) + String(error)).not.toContain('wrong one');
    }
  });

  it('opens with its key file only', async () => {
    const store = createMemoryStore();
    await open(store);
    for (const wrong of [
      { kind: 'key-file', key: Buffer.alloc(32, 8) },
      { kind: 'key-file', key: Buffer.alloc(31, 7) },
      passphrase('x'),
    ] as const) {
      await expect(openRepository({ store, unlock: wrong, clock, create: true })).rejects.toMatchObject({ code: 'wrong-key' });
    }
  });

  it('tells a damaged header from a wrong key', async () => {
    const store = createMemoryStore();
    await open(store);
    const { bytes } = store.objects.get('larder.json')!;
    const text = bytes.toString();
    const damaged = [
      text.slice(0, -20),
      text.replace(/"id": "./, '"id": "x'),
      text.replace(/("sealed": ")(.)/, (_, before: string, digit: string) => before + (digit === 'A' ? 'B' : 'A')),
      text.replace('"version": 1', '"version": 2'),
      text.replace('larder-repository', 'another'),
      '{}',
      'null',
    ];
    for (const one of damaged) {
      store.objects.set('larder.json', { bytes: Buffer.from(one), modified: clock.now() });
      await expect(open(store), one).rejects.toMatchObject({ code: 'object-corrupt', details: { object: 'larder.json' } });
    }
  });

  it('P9: refuses costs that would eat the memory of whoever opens it', async () => {
    const store = createMemoryStore();
    await openRepository({ store, unlock: passphrase('x'), clock, create: true });
    const text = store.objects.get('larder.json')!.bytes.toString();
    await store.put('larder.json', Buffer.from(text.replace('"N": 32768', '"N": 1073741824')));
    await expect(openRepository({ store, unlock: passphrase('x'), clock, create: false })).rejects.toMatchObject({
      code: 'object-corrupt',
    });
  });

  it('makes a repository only where it may and the store is empty', async () => {
    const store = createMemoryStore();
    await expect(openRepository({ store, unlock, clock, create: false })).rejects.toMatchObject({ code: 'object-not-found' });
    await open(store);
    await backUp((await open(store)).project(project), 'b1', { a: sampleDocuments(1, 1) });
    await store.delete('larder.json');
    await expect(open(store)).rejects.toMatchObject({ code: 'object-corrupt', details: { object: 'larder.json' } });
  });

  it('ends up with one header when two make it at the same time', async () => {
    const store = createMemoryStore();
    const both = await Promise.all([open(store), open(store)]);
    const { id } = await open(store);
    expect(both.map((repository) => repository.id)).toEqual([id, id]);
  });

  it('finds every project', async () => {
    const store = createMemoryStore();
    const repository = await open(store);
    for (const id of ['b-2', 'a1', 'a']) await backUp(repository.project(id), 'b1', { a: sampleDocuments(1, 1) }, id);
    expect(await Array.fromAsync(repository.listProjects())).toEqual(['a', 'a1', 'b-2']);
    expect(() => repository.project('../x')).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('keeps records, the latest of each id, and names a damaged one after all the others', async () => {
    const store = createMemoryStore();
    const { records } = await open(store);
    await records.put('user', 'admin', { name: 'admin', tries: 1 });
    await records.put('user', 'admin', { name: 'admin', tries: 2 });
    await records.put('user', 'guest', null);
    await records.put('policy', 'admin', 'x');
    await records.delete('policy', 'admin');
    await records.delete('policy', 'admin');
    const all = async (kind: string) => (await Array.fromAsync(records.list(kind))).sort((a, b) => a.id.localeCompare(b.id));
    expect(await all('user')).toEqual([
      { id: 'admin', value: { name: 'admin', tries: 2 } },
      { id: 'guest', value: null },
    ]);
    expect(await all('policy')).toEqual([]);
    expect([...store.objects].some(([key, { bytes }]) => key.includes('admin') || bytes.includes('admin'))).toBe(false);

    const key = [...store.objects.keys()].find((candidate) => candidate.startsWith('records/user/'))!;
    store.objects.get(key)!.bytes[40]! ^= 1;
    const seen: string[] = [];
    const walk = async (): Promise<void> => {
      for await (const { id } of records.list('user')) seen.push(id);
    };
    await expect(walk()).rejects.toMatchObject({ code: 'object-corrupt', details: { object: key } });
    expect(seen).toHaveLength(1);
  });

  it('lists records without those that are deleted between the list and the reading', async () => {
    const store = createMemoryStore();
    const { records } = await open(store);
    for (const id of ['admin', 'guest']) await records.put('user', id, null);
    const { list } = store;
    store.list = async function* (prefix, options) {
      const found = await Array.fromAsync(list.call(store, prefix, options));
      await records.delete('user', 'guest');
      yield* found;
    };
    expect(await Array.fromAsync(records.list('user'))).toEqual([{ id: 'admin', value: null }]);
  });

  it('seals secrets for one purpose', async () => {
    const repository = await open(createMemoryStore());
    const sealed = repository.sealSecret('mongodb://u:hunter2@h/', 'instance 1');
    expect(sealed).not.toContain('hunter2');
    expect(repository.sealSecret('mongodb://u:hunter2@h/', 'instance 1')).not.toBe(sealed);
    expect(repository.openSecret(sealed, 'instance 1')).toBe('mongodb://u:hunter2@h/');
    expect(repository.openSecret(repository.sealSecret('', 'c'), 'c')).toBe('');
    const other = await open(createMemoryStore());
    for (const tryIt of [
      () => repository.openSecret(sealed, 'instance 2'),
      () => other.openSecret(sealed, 'instance 1'),
      () => repository.openSecret(sealed.slice(0, -2), 'instance 1'),
      () => repository.openSecret(sealed.slice(3), 'instance 1'),
      () => repository.openSecret('', 'instance 1'),
    ]) {
      expect(tryIt).toThrow(expect.objectContaining({ code: 'object-corrupt' }));
    }
  });
});
