import { LarderError } from '../../core/errors.ts';
import { checkBackupDescription, checkBackupName } from '../../core/names.ts';
import type { JobDeps } from '../engine-deps.ts';
import { insertBackup } from '../insert-backup.ts';
import { newId } from '../new-id.ts';
import type { ImportSummary, ImportTask } from '../tasks.ts';
import type { Caller } from '../use-cases.ts';

export interface ImportRequest {
  readonly name: string;
  /** '' if none. */
  readonly description: string;
}

export interface ImportedBackup extends ImportSummary {
  readonly backupId: string;
}

/** The name under which imported backups are listed; they belong to no instance that exists. */
const instanceName = 'imported';

/**
 * Has `store` make a backup, and lists it once all of it is stored. What fails before leaves nothing; a server that is killed in the moment
 * between leaves a backup that is found when the catalog is made again.
 */
export async function importBackup(
  deps: JobDeps,
  { projectId }: Caller,
  request: ImportRequest,
  store: (task: Omit<ImportTask, 'pipe'>) => Promise<ImportSummary>,
): Promise<ImportedBackup> {
  const name = checkBackupName(request.name);
  const description = checkBackupDescription(request.description);
  const { db } = deps.catalog;
  const taken = db.selectFrom('backups').select('id').where('project_id', '=', projectId).where('name', '=', name);
  // Asked before everything is uploaded; what decides is the insert.
  if ((await taken.executeTakeFirst()) !== undefined) throw nameTaken(name);
  const backupId = newId('backup');
  const instance = { id: newId('instance'), name: instanceName };
  const begin = deps.clock.now();
  const summary = await store({
    kind: 'import',
    repository: deps.repositoryConnection,
    projectId,
    instance,
    backup: { id: backupId, name, description },
  });
  try {
    const listed = await insertBackup(db, {
      id: backupId,
      projectId,
      name,
      description,
      instance: { ...instance, mode: 'ReplicaSet' },
      serverVersion: summary.serverVersion,
      type: 'Manual',
      begin,
      stored: { end: deps.clock.now(), sizeBytes: summary.bytes },
      keepDays: null,
    });
    if (!listed) throw nameTaken(name);
  } catch (error) {
    await deps.repository.project(projectId).deleteManifest(backupId);
    throw error;
  }
  return { ...summary, backupId };
}

function nameTaken(name: string): LarderError {
  return new LarderError('backup-name-taken', `A backup named ${name} exists already in this project.`);
}
