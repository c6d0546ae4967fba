import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { createDirectory } from '../../src/engine/create-directory.ts';
import type { Directory } from '../../src/engine/directory.ts';
import { firstStart } from '../../src/engine/first-start.ts';
import { recoverCatalog } from '../../src/engine/recover-catalog.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { catalogPlaces, usePostgres } from '../fixtures/catalog-places.ts';
import { openWorld, type EngineWorld } from '../fixtures/engine-world.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const open = usePostgres();
const domain = 'default';
const password = 'Some-Password-1';
const policy = { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['dds:*:list'] }] };

describe.each(catalogPlaces)('users, projects and roles, %s catalog', (place) => {
  let world: EngineWorld;
  let directory: Directory;
  let projectId: string;
  let adminId: string;
  let roles: Readonly<Record<string, string>>;

  beforeAll(async () => {
    world = await openWorld(await open(place));
    await using folder = await temporaryFolder();
    ({ projectId } = await firstStart(world.deps, { region: 'eu-de', dataFolder: folder.path, adminPassword: password }));
    directory = createDirectory(world.deps);
    adminId = (await directory.listUsers(domain, { name: 'admin' }))[0]!.id;
    roles = Object.fromEntries((await directory.listRoles()).map((role) => [role.name, role.id]));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const login = (name: string, secret = password, project = projectId) =>
    world.identity.loginWithPassword({ user: { name }, password: secret }, { kind: 'project', project: { id: project } });
  const grantOf = (userId: string, role: string, id = projectId) => ({
    userId,
    roleId: roles[role] ?? role,
    scope: { kind: id === domain ? ('domain' as const) : ('project' as const), id },
  });

  it('a user exists for logins once there is a password, and for a project once there is a role', async () => {
    const user = await directory.createUser(domain, { name: 'anna', description: 'Backup desk' });
    expect(user).toMatchObject({ name: 'anna', domainId: domain, enabled: true, description: 'Backup desk' });
    expect(await codeOf(login('anna', ''))).toBe('wrong-credentials');
    expect(await codeOf(login('anna', 'none'))).toBe('wrong-credentials');
    await directory.updateUser(domain, user.id, { password });
    expect(await codeOf(login('anna'))).toBe('project-not-found');
    await directory.grantRole(domain, grantOf(user.id, 'reader'));
    await directory.grantRole(domain, grantOf(user.id, 'reader'));
    expect((await login('anna')).roles).toEqual([{ id: roles['reader'], name: 'reader' }]);
    expect(await directory.listGrants(domain, { userId: user.id, scope: { kind: 'project', id: projectId } })).toMatchObject([
      { name: 'reader' },
    ]);
    expect(await directory.showUser(domain, user.id)).toEqual(user);
  });

  it('a token ends when the password changes, the user or the project is disabled, or the role is taken away', async () => {
    const project = await directory.createProject(domain, { name: 'short-lived' });
    const { id } = await directory.createUser(domain, { name: 'bert', password });
    await directory.grantRole(domain, grantOf(id, 'operator', project.id));
    const fresh = () => login('bert', password, project.id);
    const check = async (token: { token: string }) => codeOf(world.identity.checkToken(token.token));

    let token = await fresh();
    expect(await check(token)).toBe('fine');
    await directory.updateUser(domain, id, { description: 'still the same' });
    expect(await check(token)).toBe('fine');
    await directory.updateUser(domain, id, { password });
    expect(await check(token)).toBe('unauthenticated');

    token = await fresh();
    await directory.changeOwnPassword(id, { original: password, password: 'Another-1' });
    expect(await check(token)).toBe('unauthenticated');
    await directory.changeOwnPassword(id, { original: 'Another-1', password });
    expect(await codeOf(directory.changeOwnPassword(id, { original: 'wrong', password: 'Another-1' }))).toBe('wrong-credentials');

    token = await fresh();
    await directory.updateUser(domain, id, { enabled: false });
    expect(await check(token)).toBe('unauthenticated');
    expect(await codeOf(fresh())).toBe('wrong-credentials');
    await directory.updateUser(domain, id, { enabled: true });
    // Nothing that was taken comes back.
    expect(await check(token)).toBe('unauthenticated');

    token = await fresh();
    await directory.updateProject(domain, project.id, { enabled: false });
    expect(await check(token)).toBe('unauthenticated');
    expect(await codeOf(fresh())).toBe('project-not-found');
    expect(await world.identity.listProjects(id)).toEqual([]);
    await directory.updateProject(domain, project.id, { enabled: true });

    token = await fresh();
    await directory.revokeRole(domain, grantOf(id, 'operator', project.id));
    expect(await check(token)).toBe('unauthenticated');
    expect(await codeOf(fresh())).toBe('project-not-found');
    await directory.deleteProject(domain, project.id);
  });

  it('there is always somebody who may manage users', async () => {
    expect(await codeOf(directory.updateUser(domain, adminId, { enabled: false }))).toBe('operation-illegal');
    expect(await codeOf(directory.deleteUser(domain, adminId))).toBe('operation-illegal');
    expect(await codeOf(directory.revokeRole(domain, grantOf(adminId, 'admin', domain)))).toBe('operation-illegal');
    expect(await codeOf(login('admin'))).toBe('fine');
    const second = await directory.createUser(domain, { name: 'second-admin', password });
    await directory.grantRole(domain, grantOf(second.id, 'admin', domain));
    // Of two who shut each other out at the same moment one stays.
    const both = await Promise.all(
      [adminId, second.id].map((id) => codeOf(directory.updateUser(domain, id, { enabled: false }))),
    );
    expect(both.toSorted()).toEqual(['fine', 'operation-illegal']);
    await directory.updateUser(domain, adminId, { enabled: true });
    await directory.deleteUser(domain, second.id);
  });

  it('names are unique and follow their rules', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => codeOf(directory.createUser(domain, { name: 'carla' }))));
    expect(made.filter((code) => code === 'fine')).toHaveLength(1);
    expect(new Set(made)).toEqual(new Set(['fine', 'name-taken']));
    const other = await directory.createUser(domain, { name: 'dora' });
    expect(await codeOf(directory.updateUser(domain, other.id, { name: 'carla' }))).toBe('name-taken');
    expect(await codeOf(directory.updateUser(domain, other.id, { name: 'dora' }))).toBe('fine');
    for (const name of ['', ' x', 'x ', 'a\nb', 'x'.repeat(65), '../x']) {
      expect(await codeOf(directory.createUser(domain, { name })), JSON.stringify(name)).toBe('invalid-name');
      expect(await codeOf(directory.createProject(domain, { name })), JSON.stringify(name)).toBe('invalid-name');
      expect(await codeOf(directory.createRole({ name, policy })), JSON.stringify(name)).toBe('invalid-name');
    }
    for (const wrong of ['short', 'x'.repeat(129), 'with\ttab-in-it']) {
      expect(await codeOf(directory.createUser(domain, { name: 'emil', password: wrong }))).toBe('invalid-password');
    }
    expect(await codeOf(directory.createUser(domain, { name: 'emil', description: 'two\nlines' }))).toBe('invalid-name');
    expect(await codeOf(directory.createProject(domain, { name: 'eu-de_default' }))).toBe('name-taken');
    expect(await codeOf(directory.createRole({ name: 'admin', policy }))).toBe('name-taken');
    expect(await codeOf(directory.createRole({ name: 'empty', policy: null }))).toBe('invalid-permission-policy');
  });

  it('what is not there, or of another domain, is not found', async () => {
    const nobody = '0'.repeat(32);
    for (const [domainId, userId] of [
      [domain, nobody],
      ['elsewhere', adminId],
    ] as const) {
      expect(await codeOf(directory.showUser(domainId, userId))).toBe('user-not-found');
      expect(await codeOf(directory.updateUser(domainId, userId, { enabled: false }))).toBe('user-not-found');
      expect(await codeOf(directory.deleteUser(domainId, userId))).toBe('user-not-found');
      expect(await codeOf(directory.grantRole(domainId, grantOf(userId, 'reader')))).toBe('user-not-found');
    }
    for (const [domainId, project] of [
      [domain, nobody],
      ['elsewhere', projectId],
    ] as const) {
      expect(await codeOf(directory.showProject(domainId, project))).toBe('project-not-found');
      expect(await codeOf(directory.updateProject(domainId, project, { enabled: false }))).toBe('project-not-found');
      expect(await codeOf(directory.deleteProject(domainId, project))).toBe('project-not-found');
    }
    expect(await codeOf(directory.grantRole(domain, grantOf(adminId, 'reader', nobody)))).toBe('project-not-found');
    expect(await codeOf(directory.grantRole(domain, grantOf(adminId, nobody)))).toBe('role-not-found');
    expect(await codeOf(directory.revokeRole(domain, grantOf(adminId, 'reader')))).toBe('role-not-found');
    expect(await codeOf(directory.updateRole(roles['reader']!, { policy }))).toBe('operation-illegal');
    expect(await codeOf(directory.deleteRole(roles['admin']!))).toBe('operation-illegal');
  });

  it('a project with instances or backups stays; an empty one goes with its roles', async () => {
    const project = await directory.createProject(domain, { name: 'held' });
    const caller = { projectId: project.id, userId: adminId, userName: 'admin' };
    const { id } = await world.useCases.adoptInstance(caller, { name: 'held-set', uri: 'mongodb://a.example' });
    expect(await codeOf(directory.deleteProject(domain, project.id))).toBe('project-not-empty');
    await world.catalog.db.deleteFrom('instances').where('id', '=', id).execute();
    await directory.grantRole(domain, grantOf(adminId, 'reader', project.id));
    await directory.deleteProject(domain, project.id);
    const left = await world.catalog.db.selectFrom('role_grants').selectAll().where('scope_id', '=', project.id).execute();
    expect(left).toEqual([]);
  });

  it('all of it comes back from the repository as it was, and nothing that is gone', async () => {
    await using lost = await openWorld(await open(place));
    await using folder = await temporaryFolder();
    const started = await firstStart(lost.deps, { region: 'eu-de', dataFolder: folder.path, adminPassword: password });
    const own = createDirectory(lost.deps);
    const project = await own.createProject(domain, { name: 'second', description: 'Another team' });
    await own.updateProject(domain, project.id, { name: 'renamed', enabled: false });
    const role = await own.createRole({ name: 'looker', description: 'Looks', policy });
    const gone = await own.createRole({ name: 'gone', policy });
    const user = await own.createUser(domain, { name: 'frida', password });
    const leaver = await own.createUser(domain, { name: 'leaver', password });
    const key = await lost.useCases.createAccessKey({ projectId: project.id, userId: leaver.id, userName: 'leaver' });
    for (const roleId of [role.id, gone.id]) {
      await own.grantRole(domain, { userId: user.id, roleId, scope: { kind: 'project', id: started.projectId } });
    }
    await own.updateUser(domain, user.id, { name: 'frieda', description: 'Night shift', enabled: false });
    await own.deleteRole(gone.id);
    await own.deleteUser(domain, leaver.id);
    const dropped = await own.createProject(domain, { name: 'dropped' });
    await own.deleteProject(domain, dropped.id);

    await using found = await openWorld({ ...(await open(place)), repository: lost.repository });
    await recoverCatalog(found.deps);
    for (const table of ['domains', 'projects', 'users', 'roles', 'role_grants', 'access_keys'] as const) {
      const rows = async (of: EngineWorld) =>
        (await of.catalog.db.selectFrom(table).selectAll().execute()).map((row) => JSON.stringify(row)).toSorted();
      expect(await rows(found), table).toEqual(await rows(lost));
    }
    expect(await createDirectory(found.deps).showUser(domain, user.id)).toMatchObject({
      name: 'frieda',
      enabled: false,
      description: 'Night shift',
    });
    expect(await found.identity.findAccessKey(key.access)).toBeNull();
  });

  it('a change that the repository does not take is none', async () => {
    const full = new LarderError('store-unavailable', 'The store is full.');
    const records = { ...world.repository.records, put: () => Promise.reject(full) };
    const broken = createDirectory({ ...world.deps, repository: Object.assign(Object.create(world.repository), { records }) });
    await expect(broken.createUser(domain, { name: 'gustav', password })).rejects.toBe(full);
    await expect(broken.createProject(domain, { name: 'gustavs' })).rejects.toBe(full);
    await expect(broken.grantRole(domain, grantOf(adminId, 'reader'))).rejects.toBe(full);
    expect(await directory.listUsers(domain, { name: 'gustav' })).toEqual([]);
    expect(await directory.listProjects(domain, { name: 'gustavs' })).toEqual([]);
    expect(await directory.listGrants(domain, { userId: adminId, scope: { kind: 'project', id: projectId } })).toEqual([]);
  });
});
