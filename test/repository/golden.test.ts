import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deserialize, EJSON } from 'bson';
import { systemClock } from '../../src/lib/clock.ts';
import { checkRepository } from '../../src/repository/check-repository.ts';
import { openRepository, type OpenedRepository } from '../../src/repository/open-repository.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { fixtureDocuments } from './fixture-documents.ts';
import { hexOf, restoreAll, writeLayer } from './sample.ts';

const { passphrase, project, base, changed, removed, small } = fixtureDocuments;
const idOf = (document: Buffer): string => EJSON.stringify(deserialize(document)['_id']);

describe('the repository of format version 1 opens and restores for ever', () => {
  let folder: string;
  let repository: OpenedRepository;
  beforeAll(async () => {
    // A copy: opening a folder makes its place for temporary files.
    folder = await mkdtemp(join(tmpdir(), 'larder-fixture-'));
    await cp(fileURLToPath(new URL('../fixtures/repository-v1', import.meta.url)), folder, { recursive: true });
    repository = await openRepository({
      store: await openStore(`file://${folder}`),
      unlock: { kind: 'passphrase', passphrase },
      clock: systemClock,
      create: false,
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('restores both backups', async () => {
    const opened = repository.project(project);
    const touched = new Set([...changed(), ...removed()].map(idOf));
    const later = [...base().filter((document) => !touched.has(idOf(document))), ...changed()];
    expect(await Array.fromAsync(opened.listManifestIds())).toEqual(['base', 'changed']);
    expect(await restoreAll(opened, 'base')).toEqual({ large: hexOf(base()), small: hexOf(small()) });
    expect(await restoreAll(opened, 'changed')).toEqual({ large: hexOf(later), small: hexOf(small()) });
  });

  it('is sound to its last byte', async () => {
    const report = await checkRepository(repository, { readData: 1 });
    expect(report).toMatchObject({ sound: true, damage: [] });
    expect(report.projects[0]!.backups.map(({ restorable }) => restorable)).toEqual([true, true]);
    expect(report.bytesRead).toBeGreaterThan(270_000);
  });

  it('gives back records and secrets', async () => {
    const [record] = await Array.fromAsync(repository.records.list('instance'));
    expect(record).toMatchObject({ id: 'i1', value: { name: 'orders' } });
    const { secret } = record!.value as { secret: string };
    expect(repository.openSecret(secret, 'instance i1')).toBe('mongodb://localhost/');
  });

  it('is still cut the same way: a scan of the same documents stores no block again', async () => {
    const writer = await repository.project(project).beginWrite();
    await writeLayer(writer, 'scan', base());
    expect(writer.totals.blocksStored).toBe(0);
    expect(writer.totals.blocksReused).toBeGreaterThan(0);
  });
});
