import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deserialize, EJSON } from 'bson';
import { systemClock } from '../../src/lib/clock.ts';
import { planReplay, replayBaseOf, restorableRanges } from '../../src/core/oplog-archive.ts';
import { checkRepository } from '../../src/repository/check-repository.ts';
import { openRepository, type OpenedRepository } from '../../src/repository/open-repository.ts';
import type { Unlock } from '../../src/repository/port.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { fixtureDocuments } from './fixture-documents.ts';
import { oplogFixture } from './oplog-fixture.ts';
import { hexOf, restoreAll, unlock, writeLayer } from './sample.ts';
import { opTime, pointsOf, range } from './sample-oplog.ts';
import { updatesFixture } from './updates-fixture.ts';

const { passphrase, project, base, changed, removed, small } = fixtureDocuments;
const idOf = (document: Buffer): string => EJSON.stringify(deserialize(document)['_id']);

/** Opens a copy: opening a folder makes its place for temporary files. */
async function openCopy(fixture: string, unlockWith: Unlock): Promise<{ folder: string; repository: OpenedRepository }> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-fixture-'));
  await cp(fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url)), folder, { recursive: true });
  const store = await openStore(`file://${folder}`);
  return { folder, repository: await openRepository({ store, unlock: unlockWith, clock: systemClock, create: false }) };
}

describe('the repository of format version 1 opens and restores for ever', () => {
  let folder: string;
  let repository: OpenedRepository;
  beforeAll(async () => {
    ({ folder, repository } = await openCopy('repository-v1', { kind: 'passphrase', passphrase }));
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

describe('the archived oplog of format version 1 reads for ever', () => {
  it('leads from its image to every point that it shows', async () => {
    const { folder, repository } = await openCopy('repository-v1-oplog', unlock);
    const opened = repository.project(oplogFixture.project);
    const archive = opened.oplog(oplogFixture.instance);
    const base = replayBaseOf(await opened.readManifest('base'))!;
    const stretches = await archive.stretches();
    expect(await archive.timelines()).toEqual(oplogFixture.timelines);
    expect(restorableRanges(stretches, [base])).toEqual([{ timeline: 1, from: { t: 100, i: 200 }, to: { t: 200, i: 4 } }]);
    const plan = planReplay({ t: 200, i: 2 }, stretches, [base])!;
    const entries = (await archive.open(plan.timeline)).entries(plan.base.time, { t: 200, i: 2 });
    expect(await pointsOf(entries)).toEqual([...range(100, 201, 300), ...range(200, 1, 2)]);
    expect(await pointsOf((await archive.open(2)).entries(opTime(300, 1, 2), { t: 300, i: 9 }))).toEqual(range(300, 2, 9));
    await rm(folder, { recursive: true });
  });
});

describe('updates in layers of format version 1 are applied for ever', () => {
  it('restores what they make of the documents below them', async () => {
    const { folder, repository } = await openCopy('repository-v1-updates', unlock);
    const opened = repository.project(updatesFixture.project);
    const untouched = updatesFixture.base().filter((document) => ![1, 2, 3, 4, 5, 7].includes(deserialize(document)['_id']));
    expect(await restoreAll(opened, 'updated')).toEqual({ updated: hexOf([...untouched, ...updatesFixture.after()]) });
    expect(await checkRepository(repository, { readData: 1 })).toMatchObject({ sound: true, damage: [] });
    await rm(folder, { recursive: true });
  });
});
