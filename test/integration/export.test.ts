import { gunzipSync, gzipSync } from 'node:zlib';
import { MessageChannel } from 'node:worker_threads';
import { MongoClient } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/core/image.ts';
import { exportArchive } from '../../src/engine/export/export-archive.ts';
import { importArchive } from '../../src/engine/import/import-archive.ts';
import type { ExportTask, ImportSummary, ImportTask } from '../../src/engine/tasks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { batchOfDocuments } from '../../src/lib/raw-bson.ts';
import { openPipeWriter, readPipe } from '../../src/lib/message-pipe.ts';
import { RawInserter } from '../../src/mongo/raw-insert.ts';
import type { ProjectRepository } from '../../src/repository/port.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { makeZoo } from '../fixtures/catalog-zoo.ts';
import { instanceState } from '../fixtures/instance-state.ts';
import { readDump, restoreDump, writeDump, type Dump } from '../fixtures/mongodump-archive.ts';
import { oddDocuments, oddIds } from '../fixtures/odd-documents.ts';
import { replicaSet } from '../fixtures/replica-set.ts';

const context = { signal: new AbortController().signal, report: () => undefined };
const place = {
  repository: { url: 'memory:', unlock: { kind: 'passphrase', passphrase: 'of the test' } },
  projectId: '0'.repeat(32),
} as const;

/** What an export writes into its pipe. */
async function exported(
  repository: ProjectRepository,
  wanted: Partial<Pick<ExportTask, 'gzip' | 'namespaces'>> = {},
): Promise<Buffer> {
  const { port1, port2 } = new MessageChannel();
  const task = {
    kind: 'export',
    ...place,
    backupId: 'zoo',
    namespaces: [],
    gzip: false,
    toolVersion: 'larder-test',
    ...wanted,
    pipe: port2,
  } as const;
  const done = exportArchive(task, context, repository);
  done.catch(() => port1.close());
  const pieces = await Array.fromAsync(readPipe(port1)).catch(() => []);
  await done;
  return Buffer.concat(pieces);
}

/** Imports bytes as a backup. */
async function imported(repository: ProjectRepository, archive: Buffer, id: string): Promise<ImportSummary> {
  const { port1, port2 } = new MessageChannel();
  const task: ImportTask = {
    kind: 'import',
    ...place,
    instance: { id: 'none', name: 'imported' },
    backup: { id, name: id, description: '' },
    pipe: port2,
  };
  const done = importArchive(task, context, { repository, clock: systemClock });
  const pipe = openPipeWriter(port1);
  done.catch(() => pipe.close());
  try {
    for (let at = 0; at < archive.length; at += 100_000) await pipe.write(archive.subarray(at, at + 100_000));
    pipe.end();
  } catch {
    // It has failed, and says why.
  }
  return done.finally(() => pipe.close());
}

describe('a mongodump archive of everything that a server can hold', () => {
  const source = replicaSet({ members: 1, setName: 'source' });
  const target = replicaSet({ members: 1, setName: 'target' });
  let repository: ProjectRepository;
  let manifest: Manifest;
  let before: Record<string, unknown>;
  let dump: Dump;

  beforeAll(async () => {
    repository = await testRepository();
    await using client = new MongoClient(source().uri);
    await makeZoo(client);
    const inserter = new RawInserter(client.db('odd'), context.signal);
    await inserter.insert(
      'documents',
      batchOfDocuments([...oddDocuments().values()].filter(({ length }) => length < 1_000_000)),
      { ordered: true },
    );
    await inserter.insert('ids', batchOfDocuments(oddIds()), { ordered: true });
    before = await instanceState(client);
    manifest = await backUp(repository, source().uri, 'zoo', []);
    dump = readDump(await exported(repository));
  });

  it('C1, C2, S11, S12, U1, D2-D4: restored with the commands of mongorestore makes the same server', async () => {
    await using client = new MongoClient(target().uri);
    await restoreDump(client, dump);
    const restored = await instanceState(client);
    for (const db of ['zoo', 'Zoo2', 'odd']) expect(restored[db], db).toEqual(before[db]);
    const users = await client.db('admin').collection('system.users').find().toArray();
    expect(users.map(({ _id }) => String(_id))).toEqual(['admin.keeper']);
    for (const { db } of (await client.db().admin().listDatabases()).databases.map(({ name }) => ({ db: name })))
      if (!['admin', 'config', 'local'].includes(db)) await client.db(db).dropDatabase();
  });

  it('has the prelude of a mongodump, and every collection, view and time-series collection in it', async () => {
    expect(dump.header).toEqual({
      concurrent_collections: 1,
      version: '0.1',
      server_version: manifest.source.serverVersion,
      tool_version: 'larder-test',
    });
    const listed = dump.collections.map(({ db, collection, type }) => [`${db}.${collection}`, type]);
    expect(listed).toContainEqual(['zoo.series', 'timeseries']);
    expect(listed).toContainEqual(['zoo.view 2', 'view']);
    expect(listed).toContainEqual(['admin.system.version', 'collection']);
    expect(listed).toHaveLength(manifest.collections.length + manifest.views.length - 1 + 1);
    const { metadata } = dump.collections.find(({ collection }) => collection === 'capped')!;
    const image = manifest.collections.find(({ name }) => name === 'capped')!;
    expect(JSON.parse(metadata)).toEqual({
      options: { capped: true, size: { $numberInt: '100096' }, max: { $numberInt: '50' } },
      indexes: [{ v: { $numberInt: '2' }, key: { _id: { $numberInt: '1' } }, name: '_id_' }],
      uuid: image.uuid,
      collectionName: 'capped',
      type: 'collection',
    });
  });

  it('is the same at every call, compressed it is the same unpacked, and a part of it is that part', async () => {
    const whole = await exported(repository);
    expect(gunzipSync(await exported(repository, { gzip: true })).equals(whole)).toBe(true);
    const part = readDump(await exported(repository, { namespaces: ['zoo.series', 'zoo.view 2'] }));
    expect(part.collections.map(({ collection }) => collection)).toEqual(['series', 'view 2']);
    const series = dump.collections.find(({ collection }) => collection === 'series')!;
    expect(part.collections[0]!.documents).toEqual(series.documents);
    await expect(exported(repository, { namespaces: ['zoo.nothing'] })).rejects.toMatchObject({ code: 'invalid-selection' });
  });

  it('imported, compressed and with its collections taking turns, restores to the same server', async () => {
    await using client = new MongoClient(target().uri);
    const summary = await imported(repository, gzipSync(writeDump(dump, 40)), 'imported');
    expect(summary.notes).toEqual([expect.stringContaining('Imported from a mongodump archive')]);
    const image = await repository.readManifest('imported');
    expect(image).toMatchObject({
      consistency: 'none',
      source:
        manifest.source.serverVersion === ''
          ? {}
          : {
              serverVersion: manifest.source.serverVersion,
              featureCompatibilityVersion: manifest.source.featureCompatibilityVersion,
            },
    });
    expect(summary.documents).toBe(manifest.collections.reduce((sum, { documents }) => sum + documents, 0));
    const { verified } = await restoreTo(repository, target().uri, 'imported', true);
    expect(verified).toBe(true);
    const restored = await instanceState(client);
    for (const db of ['zoo', 'Zoo2', 'odd']) expect(restored[db], db).toEqual(before[db]);
  });

  it('P9: damaged or cut short anywhere it is refused, names the byte, and leaves no backup', async () => {
    const small = {
      ...dump,
      collections: dump.collections.filter(({ collection }) => collection === 'collated' || collection === 'view 2'),
    };
    const archive = writeDump(small);
    await imported(repository, archive, 'whole');
    const ids = await Array.fromAsync(repository.listManifestIds());
    const bad = [
      Buffer.alloc(0),
      Buffer.from('not an archive at all'),
      gzipSync(archive).subarray(0, -20),
      ...Array.from({ length: 12 }, (_, n) => archive.subarray(0, Math.floor((archive.length * (n + 1)) / 13))),
    ];
    // From here on every byte is covered by a length, a name or the checksum.
    const first = archive.indexOf(small.collections.find(({ documents }) => documents.length > 0)!.documents[0]!);
    for (let at = first; at < archive.length; at += 7) {
      const flipped = Buffer.from(archive);
      flipped[at]! ^= 0x40;
      bad.push(flipped);
    }
    for (const bytes of bad)
      await expect(imported(repository, bytes, 'bad'), `${bytes.length} bytes`).rejects.toMatchObject({
        code: 'invalid-archive',
      });
    expect(await Array.fromAsync(repository.listManifestIds())).toEqual(ids);
  });
});
