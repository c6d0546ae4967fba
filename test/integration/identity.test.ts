import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidyCatalog } from '../../src/engine/keep-tidy.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import type { Scope } from '../../src/engine/use-cases.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';
import { damageManifest } from '../fixtures/test-repository.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const open = usePostgres();
const none: Scope = { kind: 'none' };
const hour = 3_600_000;

describe.each(catalogPlaces)('identity, %s catalog', (place) => {
  let world: EngineWorld;
  let folder: TemporaryFolder;
  let now = new Date('2026-03-01T10:00:00Z');
  let password: string;
  let projectId: string;
  const login = (scope: Scope = { kind: 'project', project: { name: 'eu-de_default' } }, secret = password) =>
    world.identity.loginWithPassword({ user: { name: 'admin', domain: { name: 'Default' } }, password: secret }, scope);

  beforeAll(async () => {
    folder = await temporaryFolder();
    world = await openWorld({ ...(await open(place)), clock: { now: () => now } });
    const started = await firstStart(world.deps, { region: 'eu-de', dataFolder: folder.path });
    projectId = started.projectId;
    const file = join(folder.path, 'credentials.json');
    expect(started).toMatchObject({ projectName: 'eu-de_default', credentialsFile: file, recovered: false });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const written = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    expect(written).toMatchObject({
      domain: 'Default',
      user: 'admin',
      project_name: 'eu-de_default',
      project_id: projectId,
      region: 'eu-de',
    });
    password = written['password'] ?? '';
    expect(password.length).toBeGreaterThanOrEqual(20);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('logs in for a project, a domain or nothing', async () => {
    const domain = { id: 'default', name: 'Default' };
    const token = await login();
    expect(token).toMatchObject({
      user: { name: 'admin', domain },
      project: { id: projectId, name: 'eu-de_default', domain },
      domain: null,
      roles: [{ name: 'admin' }],
      methods: ['password'],
    });
    const { token: secret, ...rest } = token;
    expect(await world.identity.checkToken(secret)).toEqual(rest);
    expect(await login({ kind: 'project', project: { id: projectId } })).toMatchObject({ project: { id: projectId } });
    expect(await login({ kind: 'domain', domain: { id: 'default' } })).toMatchObject({
      project: null,
      domain,
      roles: [{ name: 'admin' }],
    });
    expect(await login(none)).toMatchObject({ project: null, domain: null, roles: [] });
    const byId = await world.identity.loginWithPassword({ user: { id: token.user.id }, password }, none);
    expect(byId.user).toEqual(token.user);
    expect(await world.identity.listProjects(token.user.id)).toEqual([
      { id: projectId, name: 'eu-de_default', domainId: 'default', description: '' },
    ]);
    expect(await world.identity.listProjects(token.user.id, 'eu-de')).toEqual([]);
    expect(await world.identity.listDomains(token.user.id, 'Default')).toEqual([domain]);
  });

  it('says the same of a wrong password, an unknown user and an unknown domain', async () => {
    const wrong = [
      login(none, 'wrong'),
      world.identity.loginWithPassword({ user: { name: 'nobody' }, password }, none),
      world.identity.loginWithPassword({ user: { name: 'admin', domain: { name: 'Other' } }, password }, none),
      world.identity.loginWithPassword({ user: { id: 'x' }, password }, none),
    ];
    const errors = await Promise.all(wrong.map((each) => each.then(String, (error: unknown) => error)));
    for (const error of errors)
      expect(error).toMatchObject({ code: 'wrong-credentials', message: 'The username or password is wrong.' });
    expect(await codeOf(login({ kind: 'project', project: { name: 'nope' } }))).toBe('project-not-found');
    expect(await codeOf(login({ kind: 'domain', domain: { name: 'nope' } }))).toBe('project-not-found');
  });

  it('stores no token that could be used', async () => {
    const { token } = await login();
    const rows = await world.catalog.db.selectFrom('tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('lets a token live 24 hours, and one made from it no longer', async () => {
    const first = await login();
    expect(first.expiresAt.getTime() - now.getTime()).toBe(24 * hour);
    now = new Date(now.getTime() + 23 * hour);
    const second = await world.identity.loginWithToken(first.token, { kind: 'domain', domain: { name: 'Default' } });
    expect(second).toMatchObject({ expiresAt: first.expiresAt, methods: ['password', 'token'] });
    now = new Date(first.expiresAt.getTime() - 1);
    expect(await codeOf(world.identity.checkToken(second.token))).toBe('fine');
    now = first.expiresAt;
    expect(await codeOf(world.identity.checkToken(first.token))).toBe('unauthenticated');
    expect(await codeOf(world.identity.loginWithToken(second.token, none))).toBe('unauthenticated');
  });

  it('takes each signature once, also of two at the same time, until it is too old to be accepted', async () => {
    const expires = new Date(now.getTime() + hour);
    const use = (access: string, signature: string) => world.identity.useSignature(access, signature, expires);
    const taken = await Promise.all(Array.from({ length: 6 }, () => use('KEY', 'a'.repeat(64))));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await use('OTHER', 'a'.repeat(64))).toBe(true);
    expect(await use('KEY', 'b'.repeat(64))).toBe(true);
    const count = async () => (await world.catalog.db.selectFrom('used_signatures').select('hash').execute()).length;
    await tidyCatalog({ catalog: world.catalog, clock: { now: () => new Date(expires.getTime() - 1) } }, 1);
    expect(await count()).toBe(3);
    await tidyCatalog({ catalog: world.catalog, clock: { now: () => expires } }, 1);
    expect(await count()).toBe(0);
  });

  it('forgets a revoked token', async () => {
    const { token } = await login();
    await world.identity.revokeToken(token);
    await world.identity.revokeToken(token);
    expect(await codeOf(world.identity.checkToken(token))).toBe('unauthenticated');
  });

  it('changes nothing at later starts, except the password that the settings give', async () => {
    const options = { region: 'eu-de', dataFolder: folder.path };
    expect(await firstStart(world.deps, options)).toMatchObject({ projectId, credentialsFile: null });
    const { token } = await login(none);
    await firstStart(world.deps, { ...options, adminPassword: 'Chosen-1' });
    expect(await codeOf(login(none))).toBe('wrong-credentials');
    expect(await codeOf(world.identity.checkToken(token))).toBe('unauthenticated');
    password = 'Chosen-1';
    const kept = await login(none);
    await firstStart(world.deps, { ...options, adminPassword: 'Chosen-1' });
    expect(await codeOf(world.identity.checkToken(kept.token))).toBe('fine');
    expect(await readFile(join(folder.path, 'credentials.json'), 'utf8')).not.toContain('Chosen-1');
  });
});

describe.each(catalogPlaces)('recovery, %s catalog', (place) => {
  it('makes an empty catalog equal to the one that was lost', async () => {
    await using folder = await temporaryFolder();
    await using lost = await openWorld(await open(place));
    const options = { region: 'eu-de', dataFolder: folder.path, adminPassword: 'Chosen-1' };
    const { projectId } = await firstStart(lost.deps, options);
    await firstStart(lost.deps, { ...options, adminPassword: 'Chosen-2' });
    await firstStart(lost.deps, { region: 'eu-nl', dataFolder: folder.path });
    const { user } = await lost.identity.loginWithPassword({ user: { name: 'admin' }, password: 'Chosen-2' }, none);
    const caller = { projectId, userId: user.id, userName: user.name };
    const kept = await lost.useCases.createAccessKey(caller);
    const gone = await lost.useCases.createAccessKey(caller);
    await lost.useCases.deleteAccessKey(caller, gone.access);
    const { id: instanceId } = await lost.useCases.adoptInstance(caller, { name: 'shop-db', uri: 'mongodb://a.example' });
    await lost.start();
    for (const name of ['alpha', 'beta', 'gamma', 'damaged']) {
      const { jobId } = await lost.useCases.createBackup(caller, { instanceId, name, description: `of ${name}` });
      await lost.ended(caller, jobId);
    }
    const all = await lost.useCases.listBackups(caller, { offset: 0, limit: 9 });
    const idOf = (name: string): string => all.rows.find((row) => row.name === name)?.id ?? '';
    await lost.ended(caller, (await lost.useCases.deleteBackup(caller, idOf('gamma'))).jobId);
    await damageManifest(lost.repository, projectId, idOf('damaged'));

    await using found = await openWorld({ ...(await open(place)), repository: lost.repository });
    expect(await recoverCatalog(found.deps)).toEqual({
      projects: 2,
      users: 1,
      accessKeys: 1,
      instances: 1,
      backups: 2,
      unreadable: [{ projectId, backupId: idOf('damaged'), reason: expect.any(String) as string }],
      renamed: [],
    });
    for (const table of ['domains', 'projects', 'users', 'roles', 'role_grants', 'access_keys'] as const) {
      const rows = async (world: EngineWorld) =>
        (await world.catalog.db.selectFrom(table).selectAll().execute()).map((row) => JSON.stringify(row)).toSorted();
      expect(await rows(found), table).toEqual(await rows(lost));
    }
    const instances = async (world: EngineWorld) =>
      (await world.catalog.db.selectFrom('instances').selectAll().execute()).map(({ probed: _p, updated: _u, ...row }) => row);
    expect(await instances(found)).toEqual(await instances(lost));
    // A manifest's own times are the capture's, a moment beside those of the job around it.
    const backups = async (world: EngineWorld) =>
      (await world.catalog.db.selectFrom('backups').selectAll().orderBy('id').execute())
        .filter((row) => row.name !== 'damaged')
        .map(({ begin_time: _b, end_time: _e, ...row }) => row);
    expect(await backups(found)).toEqual(await backups(lost));
    expect((await found.identity.findAccessKey(kept.access))?.secret).toBe(kept.secret);
    expect(await codeOf(found.identity.loginWithPassword({ user: { name: 'admin' }, password: 'Chosen-2' }, none))).toBe('fine');

    expect(await codeOf(recoverCatalog(found.deps))).toBe('operation-illegal');
    // The recovered catalog works on.
    await found.start();
    const { jobId } = await found.useCases.createBackup(caller, { instanceId, name: 'delta', description: '' });
    expect((await found.ended(caller, jobId)).status).toBe('Completed');
  });

  it('happens by itself at the first start over a repository that is in use', async () => {
    await using folder = await temporaryFolder();
    await using lost = await openWorld(await open(place));
    const { projectId } = await firstStart(lost.deps, { region: 'eu-de', dataFolder: folder.path });
    await using found = await openWorld({ ...(await open(place)), repository: lost.repository });
    const again = await firstStart(found.deps, { region: 'eu-de', dataFolder: folder.path });
    expect(again).toMatchObject({ projectId, recovered: true, credentialsFile: null });
  });
});
