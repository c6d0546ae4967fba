import { isLarderError } from '../core/errors.ts';
import type { Manifest } from '../core/image.ts';
import { replayBaseOf, type ReplayBase } from '../core/oplog-archive.ts';
import type { Repository } from '../repository/port.ts';
import type { BackupType, InstanceMode } from './use-cases.ts';

/** What the catalog keeps of a backup, out of its manifest. */
export interface BackupHead {
  readonly backupId: string;
  readonly projectId: string;
  readonly instanceId: string;
  readonly instanceName: string;
  /** As far as the source tells: an imported backup is restored like one of a replica set. */
  readonly mode: InstanceMode;
  readonly name: string;
  readonly description: string;
  readonly type: BackupType;
  readonly keepDays: number | null;
  readonly serverVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly sizeBytes: number;
  readonly replayBase: ReplayBase | null;
}

export interface Unreadable {
  readonly projectId: string;
  readonly backupId: string;
  readonly reason: string;
}

export interface Renamed {
  readonly backupId: string;
  readonly from: string;
  readonly to: string;
}

/** The heads of all backups of the projects. A damaged manifest is reported and skipped; a store that does not answer is thrown. */
export async function readBackupHeads(
  repository: Repository,
  projectIds: readonly string[],
): Promise<{ readonly heads: BackupHead[]; readonly unreadable: Unreadable[] }> {
  const heads: BackupHead[] = [];
  const unreadable: Unreadable[] = [];
  for (const projectId of projectIds) {
    const project = repository.project(projectId);
    for await (const backupId of project.listManifestIds()) {
      try {
        heads.push(headOf(await project.readManifest(backupId)));
      } catch (error) {
        // Deleted since it was listed: not there, and nothing to report.
        if (isLarderError(error, 'backup-not-found')) continue;
        if (!isLarderError(error, 'object-corrupt')) throw error;
        unreadable.push({ projectId, backupId, reason: error.message });
      }
    }
  }
  return { heads, unreadable };
}

/**
 * The same backups with names unique in their project. Two of one name can only come of a repository that was written to
 * with two catalogs; the newest keeps the name, the others get the beginning of their id behind it.
 */
export function withUniqueNames(heads: readonly BackupHead[]): { readonly backups: BackupHead[]; readonly renamed: Renamed[] } {
  const taken = new Set<string>();
  const renamed: Renamed[] = [];
  const newestFirst = heads.toSorted(
    (a, b) => b.startedAt.getTime() - a.startedAt.getTime() || (a.backupId < b.backupId ? 1 : -1),
  );
  const backups = newestFirst.map((head) => {
    let { name } = head;
    for (let length = 8; taken.has(`${head.projectId}/${name}`) && length <= 32; length += 8) {
      name = `${head.name.slice(0, 63 - length)}-${head.backupId.slice(0, length)}`;
    }
    taken.add(`${head.projectId}/${name}`);
    if (name !== head.name) renamed.push({ backupId: head.backupId, from: head.name, to: name });
    return { ...head, name };
  });
  return { backups, renamed };
}

function headOf(manifest: Manifest): BackupHead {
  return {
    backupId: manifest.backupId,
    projectId: manifest.projectId,
    instanceId: manifest.instanceId,
    instanceName: manifest.instanceName,
    mode: manifest.source.setName === '' && manifest.source.member !== '' ? 'Single' : 'ReplicaSet',
    name: manifest.name,
    description: manifest.description,
    type: manifest.type,
    keepDays: manifest.keepDays ?? null,
    serverVersion: manifest.source.serverVersion,
    startedAt: new Date(manifest.startedAt),
    finishedAt: new Date(manifest.finishedAt),
    replayBase: replayBaseOf(manifest),
    sizeBytes: manifest.collections.reduce((sum, collection) => sum + collection.bytes, 0),
  };
}
