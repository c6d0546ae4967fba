import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLarderError, type LarderError } from './core/errors.ts';
import { readSettings } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'larder-settings-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const write = (text: string): Promise<void> => writeFile(join(folder, 'larder.yaml'), text);

async function refusal(env: NodeJS.ProcessEnv): Promise<LarderError> {
  const error: unknown = await readSettings({ env, folder }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isLarderError(error, 'invalid-setting')) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
}

describe('readSettings', () => {
  it('has defaults for everything', async () => {
    const settings = await readSettings({ env: {}, folder });
    expect(settings).toEqual({
      dataFolder: join(folder, 'data'),
      host: '127.0.0.1',
      port: 8440,
      region: 'eu-de',
      adminPassword: null,
      databaseUrl: null,
      repositoryUrl: pathToFileURL(join(folder, 'data', 'repository')).href,
      repositoryPassphrase: null,
      auditDays: 365,
      metricsToken: null,
      archiveSeconds: 10,
      archiveMb: 8,
      tls: null,
      rateLimits: { perAddress: null, perUser: null },
      keystone: null,
      instances: { host: '127.0.0.1', most: 20, cacheMb: 256, stopWithLarder: false, mongods: [] },
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('takes an outer Keystone and what its roles are', async () => {
    const LARDER_KEYSTONE_URL = 'https://keystone.example:5000/identity/v3/';
    const url = 'https://keystone.example:5000/identity/v3';
    expect((await readSettings({ env: { LARDER_KEYSTONE_URL }, folder })).keystone).toEqual({
      url,
      roles: { admin: 'admin', member: 'operator', reader: 'reader' },
    });
    const env = { LARDER_KEYSTONE_URL, LARDER_KEYSTONE_ROLES: 'backup admin = admin, __proto__=reader' };
    const { keystone } = await readSettings({ env, folder });
    expect(Object.entries(keystone!.roles)).toEqual([
      ['backup admin', 'admin'],
      ['__proto__', 'reader'],
    ]);
    for (const wrong of ['keystone', 'ftp://a/v3', 'https://a:5000', 'https://u:p@a/v3', 'https://a/v3?x=1', 'https://a/v2.0']) {
      expect((await refusal({ LARDER_KEYSTONE_URL: wrong })).message).toContain('https://host:port/v3');
    }
    for (const wrong of ['admin', 'admin=root', '=admin', 'a=admin,a=reader', 'a=admin,']) {
      const { message } = await refusal({ LARDER_KEYSTONE_URL, LARDER_KEYSTONE_ROLES: wrong });
      expect(message).toContain('admin=admin,member=operator');
    }
    expect((await refusal({ LARDER_KEYSTONE_ROLES: 'a=admin' })).message).toContain('LARDER_KEYSTONE_URL');
  });

  it('takes TLS, rate limits and the time of the audit log from the environment and the file', async () => {
    const env = {
      LARDER_TLS_CERT: 'tls/server.crt',
      LARDER_TLS_KEY: '/etc/larder/server.key',
      LARDER_RATE_LIMIT_ADDRESS: '600',
      LARDER_RATE_LIMIT_USER: '60',
      LARDER_AUDIT_DAYS: '30',
    };
    expect(await readSettings({ env, folder })).toMatchObject({
      tls: { certificate: join(folder, 'tls', 'server.crt'), key: '/etc/larder/server.key' },
      rateLimits: { perAddress: 600, perUser: 60 },
      auditDays: 30,
      metricsToken: null,
      archiveSeconds: 10,
      archiveMb: 8,
    });
    expect((await refusal({ LARDER_TLS_CERT: 'server.crt' })).message).toContain('LARDER_TLS_KEY');
    expect((await refusal({ LARDER_TLS_KEY: 'server.key' })).message).toContain('LARDER_TLS_CERT');
    for (const value of ['0', '-1', '1.5', 'many', '1000001']) {
      expect((await refusal({ LARDER_RATE_LIMIT_USER: value })).message).toContain('from 1 to 1000000');
    }
    expect((await refusal({ LARDER_AUDIT_DAYS: '0' })).message).toContain('from 1 to 36500');
  });

  it('takes every setting from the environment', async () => {
    const settings = await readSettings({
      env: {
        LARDER_DATA_DIR: '/srv/larder',
        LARDER_HOST: '::1',
        LARDER_PORT: '0',
        LARDER_REGION: 'cn-north-4',
        LARDER_ADMIN_PASSWORD: 'correct horse',
        LARDER_DATABASE_URL: 'postgresql://u:p@db:5432/larder',
        LARDER_REPOSITORY: 's3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-de&pathStyle=true',
        LARDER_REPOSITORY_PASSPHRASE: 'battery staple',
      },
      folder,
    });
    expect(settings).toEqual({
      dataFolder: '/srv/larder',
      host: '::1',
      port: 0,
      region: 'cn-north-4',
      adminPassword: 'correct horse',
      databaseUrl: 'postgresql://u:p@db:5432/larder',
      repositoryUrl: 's3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-de&pathStyle=true',
      repositoryPassphrase: 'battery staple',
      auditDays: 365,
      metricsToken: null,
      archiveSeconds: 10,
      archiveMb: 8,
      tls: null,
      rateLimits: { perAddress: null, perUser: null },
      keystone: null,
      instances: { host: '127.0.0.1', most: 20, cacheMb: 256, stopWithLarder: false, mongods: [] },
    });
  });

  it('takes every setting from larder.yaml, and relative paths from its folder', async () => {
    await write(
      [
        'data_dir: state # relative',
        'host: larder.example',
        'port: 9000',
        'region: eu-nl',
        'admin_password: "12345678"',
        'database_url: postgres://db/larder',
        'repository: file:backups',
        'repository_passphrase: battery staple',
      ].join('\n'),
    );
    expect(await readSettings({ env: {}, folder })).toEqual({
      dataFolder: join(folder, 'state'),
      host: 'larder.example',
      port: 9000,
      region: 'eu-nl',
      adminPassword: '12345678',
      databaseUrl: 'postgres://db/larder',
      repositoryUrl: pathToFileURL(join(folder, 'backups')).href,
      repositoryPassphrase: 'battery staple',
      auditDays: 365,
      metricsToken: null,
      archiveSeconds: 10,
      archiveMb: 8,
      tls: null,
      rateLimits: { perAddress: null, perUser: null },
      keystone: null,
      instances: { host: '127.0.0.1', most: 20, cacheMb: 256, stopWithLarder: false, mongods: [] },
    });
  });

  it('prefers the environment, where an empty variable counts as not set', async () => {
    await write('port: 9000\nregion: eu-nl\n');
    const settings = await readSettings({ env: { LARDER_PORT: '9001', LARDER_REGION: '' }, folder });
    expect(settings.port).toBe(9001);
    expect(settings.region).toBe('eu-nl');
  });

  it('does not judge a value of larder.yaml that the environment overrides', async () => {
    await write('port: 70000\n');
    expect((await readSettings({ env: { LARDER_PORT: '9001' }, folder })).port).toBe(9001);
  });

  it.each(['', '# nothing\n', '---\n', 'port:\n'])('takes an empty larder.yaml (%j)', async (text) => {
    await write(text);
    expect((await readSettings({ env: {}, folder })).port).toBe(8440);
  });

  it.each([
    ['LARDER_PORT', '65536', 'a whole number from 0'],
    ['LARDER_PORT', '-1', 'a whole number from 0'],
    ['LARDER_PORT', '80.5', 'a whole number from 0'],
    ['LARDER_PORT', ' 80', 'a whole number from 0'],
    ['LARDER_PORT', '0x50', 'a whole number from 0'],
    ['LARDER_HOST', '127.0.0.1:8440', 'an IP address or a host name'],
    ['LARDER_HOST', '999.1.1.1', 'an IP address or a host name'],
    ['LARDER_HOST', 'http://x', 'an IP address or a host name'],
    ['LARDER_REGION', 'EU DE', 'small letters'],
    ['LARDER_REGION', '-eu', 'small letters'],
    ['LARDER_DATABASE_URL', 'mysql://host/db', 'a PostgreSQL address'],
    ['LARDER_DATABASE_URL', 'postgres:///db', 'a PostgreSQL address'],
    ['LARDER_DATABASE_URL', 'host=db', 'a PostgreSQL address'],
    ['LARDER_REPOSITORY', '/srv/backups', 'file:///absolute/path or s3://'],
    ['LARDER_REPOSITORY', 'ftp://host/x', 'file:///absolute/path or s3://'],
    ['LARDER_REPOSITORY', 'file:', 'file:///absolute/path'],
    ['LARDER_REPOSITORY', 'file://', 'file:///absolute/path'],
    ['LARDER_REPOSITORY', 'file://server/share', 'without host'],
    ['LARDER_REPOSITORY', 'file:///a%2Fb', 'file:///absolute/path'],
    ['LARDER_REPOSITORY', 'file:///a?b=c', 'without host, query'],
    ['LARDER_REPOSITORY', 's3://B/x', '3 to 63 small letters'],
    ['LARDER_REPOSITORY', 's3:///x', '3 to 63 small letters'],
    ['LARDER_REPOSITORY', 's3://key:secret@bucket/x', 'AWS_SECRET_ACCESS_KEY'],
    ['LARDER_REPOSITORY', 's3://bucket/x?secret=1', 'no other parameters than endpoint, region, pathStyle'],
    ['LARDER_REPOSITORY', 's3://bucket/x?endpoint=minio:9000', 'whose endpoint is'],
    ['LARDER_REPOSITORY', 's3://bucket/x?pathStyle=yes', 'whose pathStyle is'],
    ['LARDER_ADMIN_PASSWORD', 'short', '8 to 128 characters'],
    ['LARDER_ADMIN_PASSWORD', 'with\ttabulator', 'none of them a control character'],
    ['LARDER_ADMIN_PASSWORD', 'x'.repeat(129), '8 to 128 characters'],
    ['LARDER_REPOSITORY_PASSPHRASE', 'short', '8 to 1024 characters'],
  ])('refuses %s=%j', async (variable, value, allowed) => {
    const error = await refusal({ [variable]: value });
    expect(error.message).toContain(variable);
    expect(error.message).toContain(allowed);
    expect(error.details['setting']).toBe(variable);
  });

  it('names a wrong key of larder.yaml and shows its value', async () => {
    await write('port: 70000\n');
    expect((await refusal({})).message).toBe(
      'port in larder.yaml is "70000"; it must be a whole number from 0 (any free port) to 65535',
    );
  });

  it.each([
    ['LARDER_ADMIN_PASSWORD', 'hunter2'],
    ['LARDER_REPOSITORY_PASSPHRASE', 'hunter2'],
    ['LARDER_DATABASE_URL', 'mysql://joe:hunter2@db/x'],
    ['LARDER_REPOSITORY', 's3://joe:hunter2@bucket/x'],
  ])('shows no secret of a wrong %s', async (variable, value) => {
    expect((await refusal({ [variable]: value })).message).not.toContain('hunter2');
  });

  it.each([
    ['prot: 1', 'did you mean port?'],
    ['LARDER_PORT: 1', 'did you mean port?'],
    ['datadir: x', 'did you mean data_dir?'],
    ['colour: red', 'known are data_dir, host, port'],
  ])('refuses the unknown key %j', async (line, hint) => {
    await write(`${line}\n`);
    const { message } = await refusal({});
    expect(message).toContain(JSON.stringify(line.split(':')[0]));
    expect(message).toContain(hint);
  });

  it.each([
    ['- port\n', 'key: value'],
    ['just text\n', 'key: value'],
    ['port: 1\nport: 2\n', 'line 2 (duplicate key)'],
    ['admin_password: 12345678\n', 'put its value in quotes'],
    ['host: [a]\n', 'put its value in quotes'],
    ['port: true\n', 'put its value in quotes'],
  ])('refuses larder.yaml %j', async (text, reason) => {
    await write(text);
    expect((await refusal({})).message).toContain(reason);
  });

  it('shows nothing of a larder.yaml that does not parse', async () => {
    await write('port: 1\nadmin_password: "hunter2hunter2\nregion: x');
    const error = await refusal({});
    expect(error.message).toMatch(/^larder\.yaml is not valid YAML in line \d+ \(/);
    expect(JSON.stringify([error.message, error.details, String(error.cause)])).not.toContain('hunter2');
  });

  it('refuses a larder.yaml that cannot be read', async () => {
    await mkdir(join(folder, 'larder.yaml'));
    await chmod(join(folder, 'larder.yaml'), 0o700);
    expect((await refusal({})).message).toBe('larder.yaml cannot be read (EISDIR)');
  });

  it('either takes a port or refuses it by name, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ minLength: 1 }), fc.integer().map(String)), async (value) => {
        const isPort = /^\d{1,5}$/.test(value) && Number(value) <= 65_535;
        if (isPort) expect((await readSettings({ env: { LARDER_PORT: value }, folder })).port).toBe(Number(value));
        else expect((await refusal({ LARDER_PORT: value })).message).toContain('LARDER_PORT');
      }),
    );
  });
});
