import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient, type Document } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/image.ts';
import { replayBaseOf } from '../../src/core/oplog-archive.ts';
import { probeDeployment } from '../../src/mongo/probe-deployment.ts';
import type { ReplicaSet } from '../../src/provider/start-replica-set.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { compareWithSource } from '../fixtures/compare-with-source.ts';
import { makeCertificates, type Certificates } from '../fixtures/certificates.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const signal = new AbortController().signal;
const password = 'of the test';

describe('a replica set that asks for credentials and speaks TLS', () => {
  let folder: TemporaryFolder;
  let certificates: Certificates;
  let set: ReplicaSet;
  let root: MongoClient;
  let repository: ProjectRepository;

  beforeAll(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder.path);
    const files = ['--tlsCertificateKeyFile', certificates.server, '--tlsCAFile', certificates.authority];
    const mechanisms = ['--setParameter', 'authenticationMechanisms=SCRAM-SHA-1,SCRAM-SHA-256,MONGODB-X509'];
    const tls = ['--tlsMode', 'preferTLS', '--tlsAllowConnectionsWithoutCertificates', ...files, ...mechanisms];
    set = await startTestSet({ members: 1, auth: true, extraArguments: tls });
    root = new MongoClient(set.uri);
    repository = await testRepository();
    await makeZoo(root);
    const create = (name: string, more: Document): Promise<Document> =>
      root.db('admin').command({ createUser: name, pwd: password, ...more });
    await create('sha1', { roles: ['backup'], mechanisms: ['SCRAM-SHA-1'] });
    await create('sha256', { roles: ['backup'], mechanisms: ['SCRAM-SHA-256'] });
    await create('restorer', { roles: ['backup', 'restore', 'readWriteAnyDatabase'] });
    await root.db('$external').command({ createUser: certificates.clientSubject, roles: [{ role: 'backup', db: 'admin' }] });
  });
  afterAll(async () => {
    await root.close();
    await set[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** The set's connection string for another user, with further options. */
  function as(user: string, more: Readonly<Record<string, string>> = {}, secret = password): string {
    const [hosts] = set.uri.replace(/^mongodb:\/\/[^@]*@/, '').split('/');
    const options = new URLSearchParams({ replicaSet: set.setName, authSource: 'admin', ...more });
    return `mongodb://${encodeURIComponent(user)}${user.startsWith('CN=') ? '' : `:${encodeURIComponent(secret)}`}@${hosts}/?${options.toString()}`;
  }
  const tls = (): Record<string, string> => ({ tls: 'true', tlsCAFile: certificates.authority });

  it.each(['SCRAM-SHA-1', 'SCRAM-SHA-256'])(
    'U4: is backed up with the role backup alone, by %s over TLS',
    async (authMechanism) => {
      const user = authMechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
      const uri = as(user, { authMechanism, ...tls() });
      expect(await probeDeployment(uri, signal)).toMatchObject({ mode: 'ReplicaSet', tls: true });
      const whole = await backUp(repository, uri, `${user}-whole`, []);
      expect(whole.consistency).toBe('snapshot');
      await root
        .db('zoo')
        .collection('indexed')
        .updateMany({ n: { $lt: 5 } }, { $set: { [user]: 1 } });
      const changed = await backUp(repository, uri, `${user}-changed`, [`${user}-whole`]);
      expect(changed.baseBackupId).toBe(`${user}-whole`);
    },
  );

  it('U4: is backed up with an x.509 certificate of a private authority', async () => {
    const more = { authMechanism: 'MONGODB-X509', authSource: '$external', tlsCertificateKeyFile: certificates.client };
    const uri = as(certificates.clientSubject, { ...tls(), ...more });
    await probeDeployment(uri, signal);
    expect((await backUp(repository, uri, 'x509', [])).collections.length).toBeGreaterThan(10);
  });

  it('U4: nothing is written to the source by a backup', async () => {
    const oplog = root.db('local').collection('oplog.rs');
    const [last] = await oplog.find({}, { sort: { $natural: -1 }, limit: 1 }).toArray();
    await backUp(repository, as('sha256', tls()), 'silent', []);
    await backUp(repository, as('sha256', tls()), 'silent-too', ['silent']);
    const since = await oplog.find({ ts: { $gt: last!['ts'] } }).toArray();
    // What the server does for itself: its periodic no-op, the sessions that clients have open, and its keys.
    const own = since.filter(({ op, ns }) => op !== 'n' && !/^config\.|^admin\.system\.keys$/.test(String(ns)));
    expect(own).toEqual([]);
  });

  it('U2, U4: is restored with the roles that the documentation names, and its administrator keeps name and password', async () => {
    const before = await instanceState(root);
    await backUp(repository, as('sha256', tls()), 'to-restore', []);
    await root.db('zoo').collection('indexed').drop();
    await root.db('admin').command({ dropUser: 'keeper' });
    await restoreTo(repository, as('restorer', tls()), 'to-restore', true);
    expect(await instanceState(root)).toEqual(before);
    await using again = new MongoClient(set.uri);
    expect((await again.db('admin').command({ ping: 1 }))['ok']).toBe(1);
    await using keeper = new MongoClient(set.uri, { auth: { username: 'keeper', password: 'of the zoo' } });
    expect(await keeper.db('zoo').collection('indexed').countDocuments()).toBe(2000);
  });

  it('U2: neither who restores nor the administrator is locked out, by a password or by roles of his that are newer', async () => {
    const admin = root.db('admin');
    const createRole = (name: string, roles: readonly string[], action = 'find'): Promise<Document> =>
      admin.command({ createRole: name, privileges: [{ resource: { db: 'zoo', collection: name }, actions: [action] }], roles });
    const regrant = (name: string, action: string): Promise<Document> =>
      admin.command({ updateRole: name, privileges: [{ resource: { db: 'zoo', collection: name }, actions: [action] }] });
    const granted = async (name: string): Promise<string | null> => {
      const { roles } = await admin.command({ rolesInfo: { role: name, db: 'admin' }, showPrivileges: true });
      return roles[0]?.privileges[0].actions[0] ?? null;
    };
    const passwords = (user: string): Promise<readonly boolean[]> =>
      Promise.all(
        [password, 'a newer one'].map(async (secret) => {
          await using client = new MongoClient(as(user, {}, secret));
          try {
            await client.connect();
            return true;
          } catch {
            return false;
          }
        }),
      );
    for (const role of ['held', 'inner', 'foreign']) await createRole(role, []);
    const roles = ['backup', 'restore', 'readWriteAnyDatabase'];
    for (const [user, held] of [
      ['mender', [...roles, 'held']],
      ['chief', []],
      ['clerk', ['foreign']],
    ] as const)
      await admin.command({ createUser: user, pwd: password, roles: held });
    const foreign = (): Promise<Document | null> => admin.collection('system.roles').findOne({ role: 'foreign' }, { raw: true });
    const before = await foreign();
    await backUp(repository, as('sha256', tls()), 'locks', []);

    for (const user of ['mender', 'chief', 'clerk']) await admin.command({ updateUser: user, pwd: 'a newer one' });
    for (const role of ['held', 'inner', 'foreign']) await regrant(role, 'insert');
    await createRole('newer', ['inner'], 'insert');
    await createRole('stray', [], 'insert');
    await admin.command({ grantRolesToUser: 'chief', roles: ['newer'] });
    await admin.command({ createUser: 'newest', pwd: 'a newer one', roles: ['newer'] });
    await admin.command({ createUser: 'passer-by', pwd: 'a newer one', roles: [] });
    const keepUsers = ['admin.chief', 'admin.newest', 'admin.nobody'];
    const { notes } = await restoreTo(repository, as('mender', {}, 'a newer one'), 'locks', true, { keepUsers });

    expect(await passwords('mender')).toEqual([false, true]);
    expect(await passwords('chief')).toEqual([false, true]);
    expect(await passwords('newest')).toEqual([false, true]);
    expect(await passwords('clerk')).toEqual([true, false]);
    expect(await passwords('passer-by')).toEqual([false, false]);
    expect(await Promise.all(['held', 'newer', 'inner', 'foreign', 'stray'].map(granted))).toEqual([
      'insert',
      'insert',
      'insert',
      'find',
      null,
    ]);
    expect(await foreign()).toEqual(before);
    expect(await admin.listCollections({ name: /^larder/ }).toArray()).toEqual([]);
    expect(notes.find((note) => note.includes('locked out'))).toMatch(
      /the user admin\.mender, .*the user admin\.chief, .*the role admin\.held/,
    );
    for (const user of ['mender', 'chief', 'clerk', 'newest']) await admin.command({ dropUser: user });
    for (const role of ['held', 'inner', 'foreign', 'newer']) await admin.command({ dropRole: role });
  });

  it('U4: is backed up with a role that holds no more than the documentation names', async () => {
    const find = ['find'];
    const whole = ['find', 'listIndexes'];
    const privileges = [
      { resource: { cluster: true }, actions: ['listDatabases', 'useUUID', 'getParameter', 'serverStatus', 'hostInfo'] },
      { resource: { db: '', collection: '' }, actions: ['find', 'listCollections', 'listIndexes', 'collStats', 'dbStats'] },
      { resource: { db: 'local', collection: 'oplog.rs' }, actions: find },
      { resource: { db: 'config', collection: 'transactions' }, actions: find },
      { resource: { db: 'admin', collection: 'system.users' }, actions: whole },
      { resource: { db: 'admin', collection: 'system.roles' }, actions: whole },
      { resource: { db: '', collection: 'system.js' }, actions: whole },
      { resource: { db: '', system_buckets: '' }, actions: whole },
    ];
    await root.db('admin').command({ createRole: 'larder', privileges, roles: [] });
    await root.db('admin').command({ createUser: 'larder', pwd: password, roles: ['larder'] });
    await probeDeployment(as('larder'), signal);
    const first = await backUp(repository, as('larder'), 'own-role', []);
    await root
      .db('zoo')
      .collection('indexed')
      .updateMany({ n: { $lt: 5 } }, { $set: { larder: 1 } });
    const changed = await backUp(repository, as('larder'), 'own-role-changed', ['own-role']);
    expect(changed.baseBackupId).toBe('own-role');
    const reference = await backUp(repository, as('sha256', tls()), 'reference', []);
    for (const manifest of [first, changed, reference]) {
      expect(manifest).toMatchObject({ notes: [], consistency: 'snapshot', source: reference.source });
      expect(replayBaseOf(manifest)).not.toBeNull();
    }
    expect(reference.source.featureCompatibilityVersion).not.toBe('unknown');
    const names = ({ collections }: Manifest): readonly string[] => collections.map(({ db, name }) => `${db}.${name}`).toSorted();
    expect(names(changed)).toEqual(names(reference));
    expect(await compareWithSource(root, repository, changed)).toBeGreaterThan(10);
  });

  it.each([
    ['find on config.transactions', { drop: 'transactions' }],
    ['find on local.oplog.rs', { drop: 'oplog.rs' }],
    ['useUUID on the cluster', { drop: 'useUUID' }],
    ['find on admin.system.users, listIndexes on admin.system.users', { drop: 'system.users' }],
    [
      'listIndexes on every database, listIndexes on admin.system.users, listIndexes on admin.system.roles',
      { drop: 'listIndexes' },
    ],
    ['find on every database', { drop: 'every' }],
  ])('U4: a user who lacks %s is refused, and told so', async (missing, { drop }) => {
    const admin = root.db('admin');
    const keep = (what: string): boolean => what !== drop;
    const privileges = [
      { resource: { cluster: true }, actions: ['listDatabases', 'useUUID'].filter(keep) },
      {
        resource: { db: '', collection: '' },
        actions: ['find', 'listCollections', 'listIndexes'].slice(keep('every') ? 0 : 1).filter(keep),
      },
      ...['system.users', 'system.roles']
        .filter(keep)
        .map((collection) => ({ resource: { db: 'admin', collection }, actions: ['find', 'listIndexes'].filter(keep) })),
      ...(keep('oplog.rs') ? [{ resource: { db: 'local', collection: 'oplog.rs' }, actions: ['find'] }] : []),
      ...(keep('transactions') ? [{ resource: { db: 'config', collection: 'transactions' }, actions: ['find'] }] : []),
    ];
    await admin.command({ createRole: 'almost', privileges, roles: [] });
    await admin.command({ createUser: 'almost', pwd: password, roles: ['almost'] });
    try {
      await expect(probeDeployment(as('almost'), signal)).rejects.toMatchObject({
        code: 'instance-unsupported',
        message: expect.stringMatching(new RegExp(`lacks (a privilege|privileges) that a backup needs: ${missing}\\.`)),
      });
    } finally {
      await admin.command({ dropUser: 'almost' });
      await admin.command({ dropRole: 'almost' });
    }
  });

  it('says what is wrong with the files of a connection string, and with a certificate of somebody else', async () => {
    const empty = join(folder.path, 'empty.pem');
    await writeFile(empty, 'nothing');
    const refusal = (more: Record<string, string>): Promise<unknown> =>
      probeDeployment(as('sha256', { tls: 'true', ...more }), signal).catch((error: unknown) => error);
    expect(await refusal({ tlsCAFile: '/nowhere/ca.pem' })).toMatchObject({
      code: 'invalid-connection-string',
      message: expect.stringMatching(/tlsCAFile .*\/nowhere\/ca\.pem, which does not exist/),
    });
    expect(await refusal({ tlsCAFile: 'ca.pem' })).toMatchObject({ message: expect.stringContaining('no absolute path') });
    expect(await refusal({ tlsCAFile: empty })).toMatchObject({
      message: expect.stringContaining('does not hold a certificate'),
    });
    expect(await refusal({ ...tls(), tlsCertificateKeyFile: certificates.authority })).toMatchObject({
      message: expect.stringContaining('its private key'),
    });
    // Signed by itself, and not by who signed the server's.
    expect(await refusal({ tlsCAFile: certificates.client })).toMatchObject({
      code: 'instance-unreachable',
      message: expect.stringMatching(/certificate/),
    });
  });
});
