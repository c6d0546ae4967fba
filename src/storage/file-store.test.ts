import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LarderError } from '../core/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { translateFileError } from './file-errors.ts';
import { openFileStore, staleTemporaryAge } from './file-store.ts';

describe('openFileStore', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'larder-file-'));
  });
  afterEach(() => rm(root, { recursive: true }));
  const open = () => openFileStore(root, { clock: systemClock });

  it('never lists temporary files, and sweeps only those that nobody can be writing any more', async () => {
    await open();
    const [old, fresh] = [join(root, '~tmp', 'old'), join(root, '~tmp', 'fresh')];
    for (const path of [old, fresh]) await writeFile(path, 'half');
    const long = (systemClock.now().getTime() - staleTemporaryAge - 60_000) / 1000;
    await utimes(old, long, long);
    const store = await open();
    expect(await readdir(join(root, '~tmp'))).toEqual(['fresh']);
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
  });

  it('leaves no temporary file behind, also after a failed put', async () => {
    const store = await open();
    await store.put('a', Buffer.of(1));
    await expect(store.put('a/b', Buffer.of(1))).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: false,
      message: expect.stringContaining('a file stands where a folder is needed'),
    });
    expect(await readdir(join(root, '~tmp'))).toEqual([]);
    expect(await store.get('a')).toEqual(Buffer.of(1));
  });

  it('lets only its owner read what it stores', async () => {
    const store = await open();
    await store.put('private/one', Buffer.of(1));
    expect((await stat(join(root, 'private/one'))).mode & 0o077).toBe(0);
    expect((await stat(join(root, 'private'))).mode & 0o077).toBe(0);
  });

  it('says what is wrong with a folder that cannot be used', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(openFileStore(join(root, 'file', 'below'), { clock: systemClock })).rejects.toMatchObject({
      code: 'store-unavailable',
    });
  });
});

describe('translateFileError', () => {
  const translate = (code: string): LarderError =>
    translateFileError(Object.assign(new Error('low level'), { code }), 'file:///repo', 'a/b');

  it.each([
    ['ENOSPC', 'the disk is full', false],
    ['EDQUOT', 'the disk quota is used up', false],
    ['EROFS', 'the file system is read-only', false],
    ['EACCES', 'permission denied', false],
    ['EMFILE', 'too many open files', true],
    ['EIO', 'input/output error', true],
    ['EWHATEVER', 'EWHATEVER', false],
  ])('says %s in plain words', (code, words, retryable) => {
    const error = translate(code);
    expect(error).toMatchObject({ code: 'store-unavailable', retryable });
    expect(error.message).toContain(words);
  });

  it('knows a missing object and passes its own errors on', () => {
    expect(translate('ENOENT').code).toBe('object-not-found');
    const own = new LarderError('cancelled', 'x');
    expect(translateFileError(own, '', '')).toBe(own);
  });
});
