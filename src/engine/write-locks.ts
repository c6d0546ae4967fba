import { releaseLeftLock, serverRun } from '../mongo/release-left-lock.ts';
import { isLarderError } from '../core/errors.ts';
import type { EngineDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { putRecord, readRecords, type WriteLockRecord } from './records.ts';
import { sealedContexts } from './sealed-contexts.ts';

/** How long a server may take to answer when it is asked to unlock. */
const unlockLimitMs = 30_000;

/** What a lock is taken on. */
export interface LockedInstance {
  readonly id: string;
  readonly projectId: string;
  readonly uri: string;
}

/**
 * Runs `work`, which locks the instance's server against writes and gives the lock back, and remembers that in the repository
 * meanwhile. The lock's own guard gives it back also when this process is killed; should the guard die as well, what is remembered
 * is released before the instance is locked again, when `work` has failed, or at the next start, whichever comes first.
 */
export async function withWriteLockRecorded<T>(deps: EngineDeps, instance: LockedInstance, work: () => Promise<T>): Promise<T> {
  const { repository } = deps;
  for (const { id, record } of await readRecords(repository, 'write-lock'))
    if (id === instance.id) await release(deps, instance, record);
  const run = await serverRun(instance.uri, AbortSignal.timeout(unlockLimitMs));
  const record: WriteLockRecord = { projectId: instance.projectId, run, since: deps.clock.now().toISOString() };
  await putRecord(repository, 'write-lock', instance.id, record);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await release(deps, instance, record).catch((trouble: unknown) =>
      deps.log.warn({ err: trouble, instanceId: instance.id }, 'a server may still be locked; it is unlocked at the next start'),
    );
    throw error;
  }
  await repository.records.delete('write-lock', instance.id);
  return result;
}

/** At a start: gives back the locks of backups that nobody is going on with. Says in the log what cannot be; never throws for that. */
export async function releaseLeftLocks(deps: EngineDeps): Promise<void> {
  for (const { id, record } of await readRecords(deps.repository, 'write-lock')) {
    try {
      const row = await findInstance(deps.catalog.db, record.projectId, id);
      // The job that owns the instance releases it itself.
      if (row.action !== null) continue;
      const uri = deps.repository.openSecret(row.sealed_uri, sealedContexts.instanceUri(id));
      await release(deps, { id, projectId: record.projectId, uri }, record);
    } catch (error) {
      if (isLarderError(error, 'instance-not-found')) await deps.repository.records.delete('write-lock', id);
      else deps.log.error({ err: error, instanceId: id }, 'a server that a backup locked cannot be asked to unlock');
    }
  }
}

async function release(deps: EngineDeps, instance: LockedInstance, record: WriteLockRecord): Promise<void> {
  if (await releaseLeftLock(instance.uri, record.run, AbortSignal.timeout(unlockLimitMs)))
    deps.log.warn({ instanceId: instance.id, since: record.since }, 'released the lock that a backup left on a server');
  await deps.repository.records.delete('write-lock', instance.id);
}
