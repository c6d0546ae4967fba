import { datastoreVersion } from '../../core/datastore-version.ts';
import { LarderError } from '../../core/errors.ts';
import { checkBackupDescription, checkBackupName } from '../../core/names.ts';
import type { JobDeps } from '../engine-deps.ts';
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
    const inserted = await db
      .insertInto('backups')
      .values({
        id: backupId,
        project_id: projectId,
        name,
        description,
        instance_id: instance.id,
        instance_name: instance.name,
        instance_mode: 'ReplicaSet',
        datastore_version: datastoreVersion(summary.serverVersion),
        type: 'Manual',
        status: 'COMPLETED',
        begin_time: begin,
        end_time: deps.clock.now(),
        size_bytes: summary.bytes,
        fail_reason: null,
        keep_days: null,
      })
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted === undefined) throw nameTaken(name);
  } catch (error) {
    await deps.repository.project(projectId).deleteManifest(backupId);
    throw error;
  }
  return { ...summary, backupId };
}

function nameTaken(name: string): LarderError {
  return new LarderError('backup-name-taken', `A backup named ${name} exists already in this project.`);
}
