import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openCatalog, type Catalog } from './catalog/open-catalog.ts';
import type { LocalOptions, LocalRepository } from './cli/local-repository.ts';
import { LarderError } from './core/errors.ts';
import type { Manifest } from './core/image.ts';
import { archiveContents } from './engine/export/archive-contents.ts';
import { writeArchive } from './engine/export/write-archive.ts';
import { changeRepositoryKey } from './engine/change-repository-key.ts';
import type { EngineLog } from './engine/engine-deps.ts';
import { ownRepository } from './engine/ownership/own-repository.ts';
import { recoverCatalog, refuseUnlessEmpty } from './engine/recover-catalog.ts';
import { repositoryConnection } from './engine/repository-connection.ts';
import { systemClock } from './lib/clock.ts';
import { checkRepository } from './repository/check-repository.ts';
import { headerKey } from './repository/format.ts';
import { mergeArchives } from './repository/merge-archives.ts';
import type { ProjectRepository } from './repository/port.ts';
import { openRepository, type OpenedRepository } from './repository/open-repository.ts';
import { pruneRepository } from './repository/prune-repository.ts';
import { readSettings, type Settings } from './settings.ts';
import { parsePassphrase, Refusal } from './setting-values.ts';
import { openStore } from './storage/open-store.ts';
import type { ObjectStore } from './storage/port.ts';

/** The work of `larder repository ...`: opens what the local settings name and makes nothing where there is no repository. */
export const localRepository: LocalRepository = {
  async check({ readData, onProgress, ...local }) {
    await using opened = await open(local);
    return await checkRepository(opened.repository, { readData, onProgress, signal: local.signal });
  },
  async prune({ grace, dryRun, ...local }) {
    await using opened = await open(local);
    const { repository } = opened;
    const report = await pruneRepository(repository, {
      dryRun,
      clock: systemClock,
      signal: local.signal,
      ...(grace === undefined ? {} : { grace }),
    });
    return { ...report, archives: await mergeArchives(repository, { dryRun, signal: local.signal }) };
  },
  async changeKey({ passphrase, ...local }) {
    if (passphrase !== null) checkPassphrase(passphrase);
    const settings = await readSettings({ env: { ...local.env }, folder: local.folder });
    const store = await openExisting(settings.repositoryUrl, local.signal);
    try {
      const next = passphrase === null ? ({ kind: 'key-file' } as const) : ({ kind: 'passphrase', passphrase } as const);
      return await changeRepositoryKey(store, settings, next);
    } finally {
      await store.close();
    }
  },
  async exportBackup({ backup, namespaces, ...local }) {
    const opened = await open(local);
    try {
      const { manifest, project } = await findBackup(opened.repository, backup);
      const items = archiveContents(manifest, namespaces);
      const source = { manifest, items, repository: project, toolVersion: 'larder', signal: local.signal };
      return {
        id: manifest.backupId,
        name: manifest.name,
        archive: writeArchive(source),
        [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      };
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  },
  async recover({ onWait, ...local }) {
    await using opened = await open(local);
    await using catalog = await openCatalogOf(opened.settings, local.signal);
    const deps = { catalog, repository: opened.repository, clock: systemClock };
    await refuseUnlessEmpty(catalog.db);
    await using _owned = await ownRepository({ ...deps, log: logWaits(onWait) }, { signal: local.signal });
    return await recoverCatalog(deps);
  },
  async takeOver({ onWait, ...local }) {
    await using opened = await open(local);
    await using catalog = await openCatalogOf(opened.settings, local.signal);
    const deps = { catalog, repository: opened.repository, clock: systemClock, log: logWaits(onWait) };
    await using owned = await ownRepository(deps, { signal: local.signal, takeOver: true });
    return { from: owned.from === null ? null : { host: owned.from.host, since: owned.from.since } };
  },
};

function openCatalogOf({ dataFolder, databaseUrl }: Settings, signal: AbortSignal): Promise<Catalog> {
  return openCatalog({ dataFolder, signal, ...(databaseUrl === null ? {} : { databaseUrl }) });
}

/** The one thing that somebody at a terminal should hear of: why it takes so long. */
function logWaits(onWait: (why: string) => void): EngineLog {
  return { info: () => undefined, warn: (_fields, message) => onWait(message), error: () => undefined };
}

function checkPassphrase(passphrase: string): void {
  try {
    parsePassphrase(passphrase);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new LarderError('invalid-setting', `The new passphrase is not allowed; it must be ${error.message}.`);
  }
}

/** The backup of that id, else the only one of that name, in any project. */
async function findBackup(
  repository: OpenedRepository,
  idOrName: string,
): Promise<{ readonly manifest: Manifest; readonly project: ProjectRepository }> {
  const named: { readonly manifest: Manifest; readonly project: ProjectRepository }[] = [];
  for await (const { id } of repository.records.list('project')) {
    const project = repository.project(id);
    for await (const backupId of project.listManifestIds()) {
      if (backupId === idOrName) return { manifest: await project.readManifest(backupId), project };
      // One that is damaged can still be asked for by its id, and then says so.
      const manifest = await project.readManifest(backupId).catch(() => null);
      if (manifest?.name === idOrName) named.push({ manifest, project });
    }
  }
  const [only, ...more] = named;
  if (only === undefined) throw new LarderError('backup-not-found', `The repository holds no backup ${idOrName}.`);
  if (more.length > 0) {
    const ids = named.map(({ manifest }) => manifest.backupId).join(', ');
    throw new LarderError('backup-not-found', `Several projects have a backup ${idOrName}: give one of the ids ${ids}.`);
  }
  return only;
}

interface Opened extends AsyncDisposable {
  readonly settings: Settings;
  readonly repository: OpenedRepository;
}

async function open({ env, folder, signal }: LocalOptions): Promise<Opened> {
  const settings = await readSettings({ env: { ...env }, folder });
  const store = await openExisting(settings.repositoryUrl, signal);
  try {
    // Only now: for a store without a repository it would make a key.
    const { unlock } = await repositoryConnection(settings);
    const repository = await openRepository({ store, unlock, clock: systemClock, create: false });
    return { settings, repository, [Symbol.asyncDispose]: () => repository.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openExisting(url: string, signal: AbortSignal): Promise<ObjectStore> {
  if (url.startsWith('file:')) {
    // Opening a store makes its folder, which a look at a mistyped path must not.
    await access(fileURLToPath(url)).catch((error: unknown) => {
      throw noRepository(fileURLToPath(url), error);
    });
  }
  const store = await openStore(url, { signal });
  try {
    if ((await store.stat(headerKey, { signal })) === null) throw noRepository(store.location);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function noRepository(place: string, cause?: unknown): LarderError {
  return new LarderError('object-not-found', `There is no repository in ${place}.`, { cause });
}
