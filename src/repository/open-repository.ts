import { isLarderError, LarderError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { ObjectStore, StoreOptions } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import { projectKeys, repositoryKeys, type RepositoryKeys } from './derive-keys.ts';
import { headerKey } from './format.ts';
import { readManifest } from './manifest-object.ts';
import { openOplogArchive, wholeInstance } from './oplog-archive.ts';
import { idNameOf, projectNames, projectOfKey, projectsPrefix } from './object-names.ts';
import type { ProjectRepository, Repository, Unlock } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { readImage } from './read-image.ts';
import { readInOrder } from './read-in-order.ts';
import { createRecordStore } from './record-store.ts';
import { createHeader, unlockHeader } from './repository-header.ts';
import { beginWrite } from './repository-writer.ts';
import { openSecret, sealSecret } from './secret-box.ts';

/** A repository with what maintenance (check, prune, recover) needs beyond the port. */
export interface OpenedRepository extends Repository {
  readonly store: ObjectStore;
  readonly keys: RepositoryKeys;
  readonly clock: Clock;
  /** Store, keys and names of one project. `internal` for an id that cannot stand in an object key. */
  context(projectId: string): ProjectContext;
  /** Ids of all projects that have any object, each once, in order. Walks all objects of all projects. */
  listProjects(options?: StoreOptions): AsyncIterable<string>;
}

export interface OpenRepositoryOptions {
  readonly store: ObjectStore;
  readonly unlock: Unlock;
  readonly clock: Clock;
  /** Make a repository if the store is empty; otherwise an empty store is `object-not-found`. */
  readonly create: boolean;
}

async function readHeader(store: ObjectStore): Promise<Buffer | null> {
  try {
    return await store.get(headerKey);
  } catch (error) {
    if (isLarderError(error, 'object-not-found')) return null;
    throw error;
  }
}

async function makeHeader({ store, unlock, clock, create }: OpenRepositoryOptions): Promise<Buffer> {
  for await (const { key } of store.list('')) {
    throw corruptObject(
      headerKey,
      `missing, though the store is not empty (${key}): a repository without its header cannot be opened`,
    );
  }
  if (!create)
    throw new LarderError('object-not-found', `there is no repository in ${store.location}`, { details: { object: headerKey } });
  await store.put(headerKey, await createHeader(unlock, clock));
  // Whoever else made one at the same time reads the same object now: the header that stayed is the repository's.
  const stayed = await readHeader(store);
  if (stayed === null) throw corruptObject(headerKey, 'the store does not give back what was put');
  return stayed;
}

function openProject(context: ProjectContext): ProjectRepository {
  return {
    beginWrite: (options) => beginWrite(context, options?.signal),
    readManifest: (backupId) => readManifest(context, backupId, {}),
    async *listManifestIds() {
      for await (const { key } of context.store.list(context.names.manifests)) {
        const id = idNameOf(key);
        if (id !== null && key === context.names.manifest(id)) yield id;
      }
    },
    deleteManifest: (backupId) => context.store.delete(context.names.manifest(backupId)),
    readImage: (layers, options) => readImage(context, layers, options ?? {}),
    readInOrder: (layers, options) => readInOrder(context, layers, options ?? {}),
    oplog: (instanceId, shard) => openOplogArchive(context, instanceId, shard ?? wholeInstance),
  };
}

/**
 * Opens the repository in a store, or makes one in an empty store where `create` says so. `wrong-key` if `unlock` is not
 * the repository's, `object-corrupt` if the header is damaged or missing from a store that is not empty, `object-not-found` if there is none.
 */
export async function openRepository(options: OpenRepositoryOptions): Promise<OpenedRepository> {
  const { store, clock } = options;
  const header = (await readHeader(store)) ?? (await makeHeader(options));
  const { id, masterKey } = await unlockHeader(header, options.unlock);
  const keys = repositoryKeys(masterKey, id);
  const context = (projectId: string): ProjectContext => ({
    projectId,
    store,
    clock,
    keys: projectKeys(masterKey, id, projectId),
    names: projectNames(projectId),
  });
  return {
    id,
    store,
    keys,
    clock,
    context,
    sealSecret: (plain, purpose) => sealSecret(keys.secrets, plain, purpose),
    openSecret: (sealed, purpose) => openSecret(keys.secrets, sealed, purpose),
    records: createRecordStore(store, keys),
    project: (projectId) => openProject(context(projectId)),
    async *listProjects(listOptions) {
      let last: string | null = null;
      for await (const { key } of store.list(projectsPrefix, listOptions)) {
        const projectId = projectOfKey(key);
        if (projectId === null || projectId === last) continue;
        last = projectId;
        yield projectId;
      }
    },
    close: () => store.close(),
  };
}
