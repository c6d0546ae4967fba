import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialize } from 'bson';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from './core/image.ts';
import { repositoryConnection } from './engine/repository-connection.ts';
import { systemClock } from './lib/clock.ts';
import { batchOfDocuments } from './lib/raw-bson.ts';
import { openRepository } from './repository/open-repository.ts';
import { readSettings } from './settings.ts';
import { openStore } from './storage/open-store.ts';
import { oplogEntry } from '../test/repository/sample-oplog.ts';
import { runLarder, type Ran } from '../test/fixtures/run-larder.ts';
import { temporaryFolder, type TemporaryFolder } from '../test/fixtures/temporary-folder.ts';

const projectId = 'a'.repeat(32);
const backupId = `${'b'.repeat(32)}br02`;
const instanceId = `${'c'.repeat(32)}in02`;
const imageTime = { t: 1_769_860_000, i: 7 };

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** A repository as a first start would make it, with one backup of one collection and three segments of oplog since. */
async function makeRepository(): Promise<void> {
  const settings = await readSettings({ env: {}, folder: folder.path });
  const { url, unlock } = await repositoryConnection(settings);
  const repository = await openRepository({ store: await openStore(url), unlock, clock: systemClock, create: true });
  await repository.records.put('domain', 'default', { name: 'Default' });
  await repository.records.put('project', projectId, {
    domainId: 'default',
    name: 'eu-de_default',
    created: '2026-01-31T12:00:00.000Z',
  });
  const writer = await repository.project(projectId).beginWrite();
  const layer = writer.beginLayer('scan');
  // Random bytes do not compress, so this fills a pack; a small layer would lie in the layer list itself.
  const documents = Array.from({ length: 1_000 }, (_, number) =>
    Buffer.from(serialize({ _id: number, bytes: randomBytes(2_000) })),
  );
  let end = 0;
  const starts = Uint32Array.from(documents, (document) => (end += document.length) - document.length);
  await layer.addDocuments({ buffer: Buffer.concat(documents), starts, count: documents.length });
  await writer.commit(manifest(await layer.finish()));
  const archive = repository.project(projectId).oplog(instanceId);
  let after = { t: imageTime.t, i: imageTime.i, term: 1 };
  await archive.beginTimeline({ number: 1, after, begunAt: '2026-01-31T12:00:10.000Z', gap: null });
  for (const t of [1, 2, 3]) {
    const time = { t: imageTime.t + t, i: 1, term: 1 };
    await archive.append({ timeline: 1, after }, batchOfDocuments([oplogEntry(time)]));
    after = time;
  }
  await repository.close();
}

function manifest(layer: Manifest['collections'][number]['layers'][number]): Manifest {
  const { documents, bytes } = layer;
  return {
    formatVersion: 1,
    backupId,
    projectId,
    instanceId,
    instanceName: 'orders',
    name: 'nightly',
    description: '',
    type: 'Manual',
    startedAt: '2026-01-31T12:00:00.000Z',
    finishedAt: '2026-01-31T12:00:09.000Z',
    clusterTime: imageTime,
    oplogAfter: imageTime,
    term: 1,
    consistency: 'snapshot',
    baseBackupId: null,
    source: { setName: 'rs0', member: '127.0.0.1:27017', serverVersion: '6.0.5', featureCompatibilityVersion: '6.0' },
    notes: [],
    collections: [
      {
        db: 'shop',
        name: 'orders',
        uuid: 'd'.repeat(32),
        capped: false,
        options: '',
        indexes: [],
        documents,
        documentsExact: true,
        bytes,
        layers: [layer],
      },
    ],
    views: [],
    cost: { documentsRead: documents, bytesRead: bytes, oplogEntriesRead: 0, bytesStored: 0, blocksReused: 0, blocksStored: 1 },
  };
}

const run = (...args: string[]): Promise<Ran> => runWith({}, ...args);

/** With a passphrase in the settings, and a line on standard input. */
function runWith({ passphrase, input }: { passphrase?: string; input?: string }, ...args: string[]): Promise<Ran> {
  return runLarder(args, {
    env: passphrase === undefined ? {} : { LARDER_REPOSITORY_PASSPHRASE: passphrase },
    folder: folder.path,
    ...(input === undefined ? {} : { input: `${input}\n` }),
  });
}

/** Path of the only pack. */
async function packPath(): Promise<string> {
  const files = await readdir(folder.path, { recursive: true });
  const packs = files.filter((file) => /\/projects\/[^/]+\/packs\/.*[0-9a-f]{64}$/.test(`/${file}`));
  expect(packs).toHaveLength(1);
  return join(folder.path, packs[0] ?? '');
}

describe('larder repository', () => {
  test('where there is none it says so, and makes nothing', async () => {
    for (const command of [['check'], ['prune'], ['recover'], ['take-over'], ['change-key', '--key-file']]) {
      expect(await run('repository', ...command)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('no repository') as string,
      });
    }
    expect(await readdir(folder.path)).toEqual([]);
  });

  test('check: a sound one is 0', async () => {
    await makeRepository();
    const { code, stdout } = await run('repository', 'check', '--read-data', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { sound: boolean; bytes_read: number; projects: { backups: unknown[] }[] };
    expect(report).toMatchObject({
      sound: true,
      projects: [{ project_id: projectId, backups: [{ backup_id: backupId, restorable: true }] }],
    });
    expect(report.bytes_read).toBeGreaterThan(10_000);
    const { stdout: told } = await run('repository', 'check');
    expect(told).toContain('1 of 1 restore in full');
    expect(told).toContain('1 of 1 undamaged, 3 segments');
  });

  test('P2: check: a missing segment of archived oplog is found without reading data, with the moments that no longer restore', async () => {
    await makeRepository();
    const files = await readdir(folder.path, { recursive: true });
    const segments = files.filter((file) => file.includes('/segments/')).toSorted();
    await rm(join(folder.path, segments[1]!));
    const { code, stdout } = await run('repository', 'check');
    expect(code).toBe(1);
    expect(stdout).toContain('1 of 1 restore in full');
    expect(stdout).toContain('0 of 1 undamaged, 2 segments');
    const lost = '2026-01-31T11:46:41.000Z (1769860001:2) to 2026-01-31T11:46:43.000Z (1769860003:1)';
    expect(stdout).toContain(`Moments that do not restore:\n  instance ${instanceId}: ${lost}`);
    expect(JSON.parse((await run('repository', 'check', '--json')).stdout)).toMatchObject({
      sound: false,
      projects: [
        { archives: [{ instance_id: instanceId, lost: [{ from: { t: 1_769_860_001, i: 2 }, to: { t: 1_769_860_003, i: 1 } }] }] },
      ],
    });
  });

  test('check: a flipped bit in a block is found where the data is read, named, and 1', async () => {
    await makeRepository();
    const path = await packPath();
    const pack = await readFile(path);
    pack[200]! ^= 1;
    await writeFile(path, pack);
    expect((await run('repository', 'check')).code).toBe(0);
    const { code, stdout, stderr } = await run('repository', 'check', '--read-data=100%');
    expect(code).toBe(1);
    expect(stdout).toContain('0 of 1 restore in full');
    expect(stdout).toContain('nightly');
    expect(stdout).toContain('shop.orders');
    expect(stderr).toContain('damaged');
    const json = await run('repository', 'check', '--read-data', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ sound: false });
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'damage-found' });
  });

  test('check: a missing pack is found without reading data', async () => {
    await makeRepository();
    await rm(await packPath());
    expect(await run('repository', 'check')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('0 of 1 restore in full') as string,
    });
  });

  test('prune: plans, marks, and refuses a grace time that is not safe', async () => {
    await makeRepository();
    expect((await run('repository', 'prune', '--grace', '1h')).code).toBe(2);
    expect((await run('repository', 'prune')).stdout).toContain('Freed    0 objects');
    const store = await openStore((await readSettings({ env: {}, folder: folder.path })).repositoryUrl);
    await store.delete(`projects/${projectId}/manifests/${backupId}`);
    const plan = JSON.parse((await run('repository', 'prune', '--dry-run', '--json')).stdout) as {
      projects: { plan: { mark: unknown[] } }[];
    };
    expect(plan).toMatchObject({ dry_run: true, projects: [{ freed_bytes: 0, blocked: null }] });
    const marks = plan.projects[0]?.plan.mark.length ?? 0;
    expect(marks).toBeGreaterThan(0);
    expect((await run('repository', 'prune')).stdout).toContain(`Marked   ${marks} objects`);
    const again = JSON.parse((await run('repository', 'prune', '--json')).stdout) as {
      projects: { plan: { waiting: unknown[] } }[];
    };
    expect(again.projects[0]?.plan.waiting).toHaveLength(marks);
    await store.close();
  });

  test('recover: an empty catalog comes back, one that is not empty is refused', async () => {
    await makeRepository();
    const first = await run('repository', 'recover', '--json');
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({ projects: 1, backups: 1, unreadable: [], renamed: [] });
    expect(await run('repository', 'recover')).toMatchObject({ code: 2, stderr: expect.stringContaining('not empty') as string });

    // Meanwhile another machine went on with the repository, and was stopped.
    const settings = await readSettings({ env: {}, folder: folder.path });
    const { url, unlock } = await repositoryConnection(settings);
    const repository = await openRepository({ store: await openStore(url), unlock, clock: systemClock, create: false });
    for await (const { id } of repository.records.list('owner')) await repository.records.delete('owner', id);
    const since = '2026-02-01T00:00:00.000Z';
    await repository.records.put('owner', 'other', { held: true, host: 'db-2.example', since });
    await repository.close();
    const taken = await run('repository', 'take-over', '--json');
    expect([taken.code, JSON.parse(taken.stdout)]).toEqual([0, { from: { host: 'db-2.example', since } }]);
    expect((await run('repository', 'take-over')).stdout).toBe("The repository is this catalog's.\n");
  });

  test('P8: the key is changed, from file to file, to a passphrase, to another and back; the one before opens nothing', async () => {
    await makeRepository();
    const keyPath = join(folder.path, 'data', 'repository.key');
    const keys = [await readFile(keyPath, 'utf8')];
    const sound = async (passphrase?: string): Promise<void> => {
      const report = await runWith(passphrase === undefined ? {} : { passphrase }, 'repository', 'check', '--read-data');
      expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1 restore in full') as string });
    };
    const refused = async (passphrase?: string): Promise<void> =>
      expect(await runWith(passphrase === undefined ? {} : { passphrase }, 'repository', 'check')).toMatchObject({ code: 1 });

    const toFile = await run('repository', 'change-key', '--key-file', '--json');
    expect(JSON.parse(toFile.stdout)).toEqual({ unlocked_by: 'key-file', key_file: keyPath, finished: false });
    keys.push(await readFile(keyPath, 'utf8'));
    expect(keys[1]).not.toBe(keys[0]);
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
    await sound();
    await writeFile(keyPath, keys[0]!);
    await refused();
    expect(await run('repository', 'change-key', '--key-file')).toMatchObject({ code: 1 });
    await writeFile(keyPath, keys[1]!);

    const toWords = await runWith({ input: 'correct horse' }, 'repository', 'change-key', '--passphrase');
    expect(toWords).toMatchObject({ code: 0, stdout: expect.stringContaining('before the next start') as string });
    expect(toWords.stdout + toWords.stderr).not.toContain('correct horse');
    await sound('correct horse');
    await refused();
    const again = { passphrase: 'correct horse', input: 'battery staple' };
    expect(await runWith(again, 'repository', 'change-key', '--passphrase')).toMatchObject({ code: 0 });
    await sound('battery staple');
    await refused('correct horse');
    expect(await runWith({ passphrase: 'battery staple' }, 'repository', 'change-key', '--key-file')).toMatchObject({ code: 0 });
    await sound();
    await refused('battery staple');
    expect(new Set([...keys, await readFile(keyPath, 'utf8')]).size).toBe(3);
  });

  test('P8: a change of the key that was killed is finished by the next, whichever side of it the header is on', async () => {
    await makeRepository();
    const data = join(folder.path, 'data');
    const [path, next] = [join(data, 'repository.key'), join(data, 'repository.key.new')];
    const header = join(data, 'repository', 'larder.json');
    const [keyBefore, headerBefore] = [await readFile(path), await readFile(header)];
    await run('repository', 'change-key', '--key-file');
    // Killed after the header was replaced and before the file was: nothing starts until it is finished.
    await rename(path, next);
    await writeFile(path, keyBefore);
    expect(await run('repository', 'check')).toMatchObject({ code: 1, stderr: expect.stringContaining('change-key') as string });
    expect(await runWith({ input: 'correct horse' }, 'repository', 'change-key', '--passphrase')).toMatchObject({ code: 1 });
    const finished = await run('repository', 'change-key', '--key-file', '--json');
    expect(JSON.parse(finished.stdout)).toMatchObject({ finished: true });
    expect(await run('repository', 'check')).toMatchObject({ code: 0 });
    // Killed before the header was replaced.
    await rename(path, next);
    await writeFile(path, keyBefore);
    await writeFile(header, headerBefore);
    expect(JSON.parse((await run('repository', 'change-key', '--key-file', '--json')).stdout)).toMatchObject({ finished: false });
    expect(await run('repository', 'check')).toMatchObject({ code: 0 });
    expect(await readFile(path)).not.toEqual(keyBefore);
  });

  test('change-key: says what is missing or not allowed, and changes nothing', async () => {
    await makeRepository();
    const wrong: readonly [readonly string[], string | undefined, string][] = [
      [[], undefined, '--passphrase or --key-file'],
      [['--passphrase', '--key-file'], 'correct horse', '--passphrase or --key-file'],
      [['--passphrase'], undefined, 'standard input'],
      [['--passphrase'], 'short', '8 to 1024'],
    ];
    for (const [options, input, said] of wrong) {
      const { code, stderr } = await runWith(input === undefined ? {} : { input }, 'repository', 'change-key', ...options);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) as string });
    }
    expect(await run('repository', 'check')).toMatchObject({ code: 0 });
  });

  test('without its key it is not opened', async () => {
    await makeRepository();
    await rm(join(folder.path, 'data', 'repository.key'));
    expect(await run('repository', 'check')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('repository.key') as string,
    });
  });
});
