import { randomInt } from 'node:crypto';
import { isLarderError, LarderError } from '../core/errors.ts';
import { replayBaseOf, type ReplayBase } from '../core/oplog-archive.ts';
import type { StoredObject, StoreOptions } from '../storage/port.ts';
import { checkArchive, listArchives } from './check-archive.ts';
import { checkLayer } from './check-layer.ts';
import { checkPack, type PackCheck } from './check-pack.ts';
import { damageOf } from './check-report.ts';
import type { ArchiveCheck, BackupCheck, CheckReport, Damage, ProjectCheck } from './check-report.ts';
import { readManifest } from './manifest-object.ts';
import { hexNameOf, idNameOf } from './object-names.ts';
import type { OpenedRepository } from './open-repository.ts';
import type { ProjectContext } from './project-context.ts';
import { readAhead } from './read-ahead.ts';
import { readRecord, recordsPrefix } from './record-store.ts';

const objectsAtOnce = 4;

/** How far a check is. */
export interface CheckProgress {
  readonly projectId: string;
  readonly objectsChecked: number;
  readonly bytesRead: number;
}

export interface CheckOptions {
  /** Share of the packs and oplog segments that is read in full, 0 (structure only) to 1 (every byte); which ones is drawn by lot, so that repeated checks see all. */
  readonly readData?: number;
  /** Only these projects; all of them if not given. */
  readonly projects?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CheckProgress) => void;
}

interface Tally {
  objectsChecked: number;
  bytesRead: number;
}

const lotSize = 2 ** 31;

async function* packsOf(context: ProjectContext, options: StoreOptions): AsyncIterable<StoredObject & { readonly name: string }> {
  for await (const object of context.store.list(context.names.packs, options)) {
    const name = hexNameOf(object.key);
    if (name !== null && object.key === context.names.pack(name)) yield { ...object, name };
  }
}

interface CheckedBackup {
  readonly check: BackupCheck;
  /** null where the manifest cannot be read. */
  readonly instanceId: string | null;
  readonly base: ReplayBase | null;
}

async function checkBackup(
  context: ProjectContext,
  backupId: string,
  layerDamage: (id: string) => Promise<readonly Damage[]>,
  options: StoreOptions,
): Promise<CheckedBackup | null> {
  try {
    const manifest = await readManifest(context, backupId, options);
    const damage = new Map<string, Damage>();
    const damagedCollections: string[] = [];
    for (const collection of manifest.collections) {
      const found = (await Promise.all(collection.layers.map((layer) => layerDamage(layer.id)))).flat();
      if (found.length > 0) damagedCollections.push(`${collection.db}.${collection.name}`);
      for (const one of found) damage.set(JSON.stringify(one), one);
    }
    const check = {
      backupId,
      name: manifest.name,
      restorable: damage.size === 0,
      damagedCollections,
      damage: [...damage.values()],
    };
    return { check, instanceId: manifest.instanceId, base: replayBaseOf(manifest) };
  } catch (error) {
    if (isLarderError(error, 'backup-not-found')) return null; // deleted since it was listed
    if (!isLarderError(error, 'object-corrupt')) throw error;
    const check = { backupId, name: null, restorable: false, damagedCollections: [], damage: [damageOf(error)] };
    return { check, instanceId: null, base: null };
  }
}

async function checkProject(context: ProjectContext, tally: Tally, options: CheckOptions): Promise<ProjectCheck> {
  const storeOptions: StoreOptions = options.signal === undefined ? {} : { signal: options.signal };
  const share = options.readData ?? 0;
  const drawn = (): boolean => share >= 1 || randomInt(lotSize) < share * lotSize;
  const damage = new Map<string, Damage>();
  const note = (found: readonly Damage[]): void => {
    for (const one of found) damage.set(JSON.stringify(one), one);
  };
  const advance = (bytesRead: number): void => {
    tally.objectsChecked++;
    tally.bytesRead += bytesRead;
    options.onProgress?.({ projectId: context.projectId, ...tally });
  };

  // Manifests are listed before packs: what an earlier manifest needs is stored already.
  const backupIds: string[] = [];
  for await (const { key } of context.store.list(context.names.manifests, storeOptions)) {
    const id = idNameOf(key);
    if (id !== null) backupIds.push(id);
  }
  const packs = new Map<string, PackCheck>();
  const checks = readAhead(packsOf(context, storeOptions), objectsAtOnce, async ({ name, size }) => {
    return { name, check: await checkPack(context, name, size, drawn(), storeOptions) };
  });
  for await (const { name, check } of checks) {
    packs.set(name, check);
    note(check.damage);
    advance(check.bytesRead);
  }
  const layers = new Map<string, Promise<readonly Damage[]>>();
  const layerDamage = (id: string): Promise<readonly Damage[]> => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    const found = checkLayer(context, id, packs, share > 0, storeOptions).finally(() => advance(0));
    layers.set(id, found);
    return found;
  };
  const backups: CheckedBackup[] = [];
  for await (const backup of readAhead(backupIds, objectsAtOnce, (id) => checkBackup(context, id, layerDamage, storeOptions))) {
    if (backup === null) continue;
    backups.push(backup);
    note(backup.check.damage);
    advance(0);
  }
  const archives: ArchiveCheck[] = [];
  for (const place of await listArchives(context, storeOptions)) {
    const own = backups.filter(({ instanceId }) => instanceId === place.instanceId);
    const bases = {
      whole: own.flatMap(({ base }) => base ?? []),
      left: own.flatMap(({ check, base }) => (check.restorable ? (base ?? []) : [])),
    };
    const archive = await checkArchive({ context, place, bases, reads: drawn, advance, options: storeOptions });
    archives.push(archive);
    note(archive.damage);
  }
  return { projectId: context.projectId, backups: backups.map(({ check }) => check), archives, damage: [...damage.values()] };
}

async function checkRecords(repository: OpenedRepository, tally: Tally, options: StoreOptions): Promise<Damage[]> {
  const damage: Damage[] = [];
  for await (const { key } of repository.store.list(recordsPrefix, options)) {
    if (hexNameOf(key) === null) continue;
    tally.objectsChecked++;
    try {
      await readRecord(repository.store, repository.keys, key);
    } catch (error) {
      if (!isLarderError(error, 'object-corrupt')) throw error;
      damage.push(damageOf(error));
    }
  }
  return damage;
}

/**
 * Looks whether everything is stored and unaltered, and says for each backup whether it restores. Damage is reported, not
 * thrown; thrown is only what keeps the check from being made (`store-unavailable`, `cancelled`, `invalid-setting`).
 */
export async function checkRepository(repository: OpenedRepository, options: CheckOptions = {}): Promise<CheckReport> {
  const share = options.readData ?? 0;
  if (!(share >= 0 && share <= 1))
    throw new LarderError('invalid-setting', 'the share of data to read is between 0 and 1', {
      details: { setting: 'readData' },
    });
  const storeOptions: StoreOptions = options.signal === undefined ? {} : { signal: options.signal };
  const tally: Tally = { objectsChecked: 0, bytesRead: 0 };
  const damage = await checkRecords(repository, tally, storeOptions);
  const projects: ProjectCheck[] = [];
  const projectIds = options.projects ?? (await Array.fromAsync(repository.listProjects(storeOptions)));
  for (const projectId of projectIds) projects.push(await checkProject(repository.context(projectId), tally, options));
  const sound = damage.length === 0 && projects.every((project) => project.damage.length === 0);
  return { sound, projects, damage, ...tally };
}
