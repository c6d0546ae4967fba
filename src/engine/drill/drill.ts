import { rm } from 'node:fs/promises';
import { wholeBackup } from '../../core/restore-selection.ts';
import { connect } from '../../mongo/connect.ts';
import { startReplicaSet } from '../../provider/start-replica-set.ts';
import { backupFaults, isOneOf } from '../backup-faults.ts';
import { refuseUnbuilt } from '../restore/clear-target.ts';
import { keptNote } from '../restore/restore-summary.ts';
import { restore, type RestoreDependencies } from '../restore/restore.ts';
import type { DrillSummary, DrillTask, RestoreSummary, TaskContext } from '../tasks.ts';
import { checkAssertions } from './check-assertions.ts';

/** What says of a backup that it does not restore, into a server that nobody else uses; anything else says something of this machine. */
const verdicts = [...backupFaults, 'restore-failed'] as const;

/**
 * Restores the whole backup into a replica set of one member, started for this and behind a password that nobody learns, compares it
 * with the image, asks the assertions, and removes all of it again. A backup that fails is a result; what keeps the drill from being
 * held is thrown. Repeating it starts over.
 */
export async function drill(task: DrillTask, context: TaskContext, deps: RestoreDependencies): Promise<DrillSummary> {
  const { signal } = context;
  // A try before this one may have been killed.
  await rm(task.folder, { recursive: true, force: true });
  try {
    const set = await startReplicaSet({ mongod: task.mongod, folder: task.folder, signal, members: 1, auth: true });
    try {
      return await prove(task, set.uri, context, deps);
    } finally {
      await set.destroy();
    }
  } finally {
    await rm(task.folder, { recursive: true, force: true });
  }
}

async function prove(task: DrillTask, uri: string, context: TaskContext, deps: RestoreDependencies): Promise<DrillSummary> {
  const begun = deps.clock.now().getTime();
  let restored: RestoreSummary;
  try {
    restored = await restore(
      {
        kind: 'restore',
        repository: task.repository,
        projectId: task.projectId,
        legs: [{ backupId: task.backupId, selection: wholeBackup }],
        restoreId: task.drillId,
        target: { id: task.drillId, uri },
        overwrite: true,
      },
      context,
      deps,
    );
    refuseUnbuilt(restored);
  } catch (error) {
    if (!isOneOf(verdicts, error)) throw error;
    return { verdict: 'failed', reason: error.message, seconds: (deps.clock.now().getTime() - begun) / 1000 };
  }
  await using connection = await connect(uri, { signal: context.signal });
  const failed = await checkAssertions(connection.client, task.assertions, context.signal);
  if (failed.length > 0) return { verdict: 'failed', reason: failed.join('; '), seconds: restored.seconds };
  // Who restored there is nobody's business.
  const notes = restored.notes.filter((note) => !note.startsWith(keptNote));
  return { verdict: 'proved', restored: { ...restored, notes }, assertions: task.assertions.length };
}
