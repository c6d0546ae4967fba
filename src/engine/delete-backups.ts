import { LarderError } from '../core/errors.ts';
import { beginDeletion } from './begin-deletion.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lockBackup } from './find-backup.ts';
import type { Caller } from './use-cases.ts';

const most = 10;

/** UseCases.deleteBackups. One job for each backup, in the order asked. */
export async function deleteBackups(
  deps: EngineDeps,
  caller: Caller,
  backupIds: readonly string[],
): Promise<{ jobIds: readonly string[] }> {
  const ids = new Set(backupIds);
  if (ids.size === 0 || ids.size > most || ids.size !== backupIds.length) {
    throw new LarderError('malformed-request', `Between 1 and ${most} different backups can be deleted at a time.`);
  }
  return deps.catalog.db.transaction().execute(async (trx) => {
    const jobs = new Map<string, string>();
    // In the order of the ids: two who delete some of the same would otherwise wait for each other for ever.
    for (const id of [...ids].toSorted()) {
      const backup = await lockBackup(trx, caller.projectId, id);
      if (backup.type !== 'Manual') throw new LarderError('operation-illegal', `${id} is no manual backup.`);
      jobs.set(id, await beginDeletion(deps, trx, backup));
    }
    return { jobIds: backupIds.map((id) => jobs.get(id) ?? '') };
  });
}
