import { capture } from './engine/capture/capture.ts';
import { drill } from './engine/drill/drill.ts';
import { exportArchive } from './engine/export/export-archive.ts';
import { history } from './engine/history/history.ts';
import { importArchive } from './engine/import/import-archive.ts';
import { clearTarget } from './engine/restore/clear-target.ts';
import { restore } from './engine/restore/restore.ts';
import { trimArchive } from './engine/follow/trim-archive.ts';
import { outline } from './engine/restore/outline.ts';
import type { Task, TaskContext, TaskResults } from './engine/tasks.ts';
import type { JobProgress } from './engine/use-cases.ts';
import { lowerPriority } from './jobs/lower-priority.ts';
import { serveTasks } from './jobs/thread-server.ts';
import { systemClock } from './lib/clock.ts';
import { openRepository } from './repository/open-repository.ts';
import { pruneRepository } from './repository/prune-repository.ts';
import { openStore } from './storage/open-store.ts';

lowerPriority();

/** What a worker thread runs: opens the repository, does the one task it was made for, and closes it again. */
serveTasks<Task, TaskResults[Task['kind']], JobProgress>(async (task, context) => {
  const clock = systemClock;
  const store = await openStore(task.repository.url, { signal: context.signal, clock });
  const repository = await openRepository({ store, unlock: task.repository.unlock, clock, create: false });
  try {
    return await run(task, context, repository);
  } finally {
    await repository.close();
  }
});

async function run(
  task: Task,
  context: TaskContext,
  repository: Awaited<ReturnType<typeof openRepository>>,
): Promise<TaskResults[Task['kind']]> {
  const { signal } = context;
  switch (task.kind) {
    case 'capture':
      return capture(task, context, { repository: repository.project(task.projectId), clock: systemClock });
    case 'restore':
      return restore(task, context, { repository: repository.project(task.projectId), clock: systemClock });
    case 'clear-target':
      return clearTarget(task, signal);
    case 'drill':
      return drill(task, context, { repository: repository.project(task.projectId), clock: systemClock });
    case 'outline':
      return outline(task, context, repository.project(task.projectId));
    case 'delete':
      await repository.project(task.projectId).deleteManifest(task.backupId);
      // Marks what nothing needs now; it is removed once the grace time is over, by a later pruning.
      await pruneRepository(repository, { projects: [task.projectId], clock: systemClock, signal });
      return { deleted: true };
    case 'export':
      return exportArchive(task, context, repository.project(task.projectId));
    case 'import':
      return importArchive(task, context, { repository: repository.project(task.projectId), clock: systemClock });
    case 'trim-archive': {
      const archive = repository.project(task.projectId).oplog(task.instanceId);
      return trimArchive(archive, task.timelines, signal);
    }
    case 'merge-archive':
      return repository.project(task.projectId).oplog(task.instanceId).merge({ signal });
    case 'history':
      return history(task, { repository: repository.project(task.projectId), clock: systemClock, signal });
    case 'prune': {
      const { projects } = await pruneRepository(repository, { clock: systemClock, signal });
      return { freedBytes: projects.reduce((sum, { freedBytes }) => sum + freedBytes, 0) };
    }
  }
}
