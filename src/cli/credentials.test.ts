import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findConnection } from './credentials.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'larder-credentials-'));
  const content = {
    domain: 'Default',
    user: 'admin',
    password: 'from-file',
    project_name: 'eu-de_default',
    project_id: 'a'.repeat(32),
    region: 'eu-de',
  };
  await writeFile(join(folder, 'credentials.json'), JSON.stringify(content));
});
afterAll(() => rm(folder, { recursive: true }));

const openStack = {
  OS_AUTH_URL: 'https://other:1234/v3',
  OS_USERNAME: 'ann',
  OS_PASSWORD: 'p',
  OS_PROJECT_NAME: 'eu-de_x',
  OS_USER_DOMAIN_NAME: 'D',
};

describe('which server and which credentials', () => {
  test('a token wins over all else', async () => {
    expect(await findConnection({ env: { ...openStack, LARDER_TOKEN: 't' }, dataDir: folder })).toEqual({
      endpoint: 'https://other:1234',
      credentials: { kind: 'token', token: 't' },
    });
  });

  test('then the OpenStack variables, and their address without its path', async () => {
    expect(await findConnection({ env: openStack, dataDir: folder })).toEqual({
      endpoint: 'https://other:1234',
      credentials: { kind: 'password', user: 'ann', password: 'p', domain: 'D', project: { name: 'eu-de_x' } },
    });
  });

  test('then the file in the data folder', async () => {
    const expected = {
      endpoint: 'http://127.0.0.1:8440',
      credentials: { kind: 'password', user: 'admin', password: 'from-file', domain: 'Default', project: { id: 'a'.repeat(32) } },
    };
    expect(await findConnection({ env: {}, dataDir: folder })).toEqual(expected);
    expect(await findConnection({ env: { LARDER_DATA_DIR: folder } })).toEqual(expected);
  });

  test('--endpoint before LARDER_ENDPOINT before OS_AUTH_URL', async () => {
    const env = { ...openStack, LARDER_ENDPOINT: 'http://two:2' };
    expect((await findConnection({ env, endpoint: 'http://one:1/' })).endpoint).toBe('http://one:1');
    expect((await findConnection({ env })).endpoint).toBe('http://two:2');
    expect((await findConnection({ env: { LARDER_ENDPOINT: 'http://two:2' }, dataDir: folder })).endpoint).toBe('http://two:2');
  });

  test('a user without a project is refused rather than mixed with the file', async () => {
    await expect(findConnection({ env: { OS_USERNAME: 'ann', OS_PASSWORD: 'p' }, dataDir: folder })).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  test.each(['localhost:8440', 'ftp://x', 'not a url', 'http://user:secret@host'])(
    '%s is no endpoint, and is not quoted',
    async (endpoint) => {
      const error: unknown = await findConnection({ env: { LARDER_TOKEN: 't' }, endpoint }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'invalid-endpoint', exitCode: 2 });
      expect(String(error)).not.toContain('secret');
    },
  );

  test('no file: the message says what to do', async () => {
    await expect(findConnection({ env: {}, dataDir: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'no-credentials',
      exitCode: 6,
      message: expect.stringContaining('npm start') as string,
    });
  });

  test.each(['{"user":"admin","password":"hidden"', '[]', '{"user":"admin","password":"hidden"}', '"hidden"'])(
    'a broken file is refused without quoting it: %s',
    async (content) => {
      const broken = await mkdtemp(join(tmpdir(), 'larder-credentials-'));
      await writeFile(join(broken, 'credentials.json'), content);
      await chmod(join(broken, 'credentials.json'), 0o600);
      const error: unknown = await findConnection({ env: {}, dataDir: broken }).catch((reason: unknown) => reason);
      await rm(broken, { recursive: true });
      expect(error).toMatchObject({ code: 'bad-credentials-file', exitCode: 2 });
      expect(error).not.toHaveProperty('cause');
      expect(String(error)).not.toContain('hidden');
    },
  );
});
