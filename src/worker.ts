import type { Task, TaskContext, TaskResults } from './engine/tasks.ts';
import type { JobProgress } from './engine/use-cases.ts';
import { lowerPriority } from './jobs/lower-priority.ts';
import { serveTasks } from './jobs/thread-server.ts';
import { systemClock } from './lib/clock.ts';
import { openRepository } from './repository/open-repository.ts';
import { openStore } from './storage/open-store.ts';

lowerPriority();

/** What a worker thread runs: opens the repository, does a task, and closes it again. */
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

/** Each kind of task loads what it needs: a thread does tasks of one kind only, and what else there is would cost memory. */
async function run(
  task: Task,
  context: TaskContext,
  repository: Awaited<ReturnType<typeof openRepository>>,
): Promise<TaskResults[Task['kind']]> {
  const { signal } = context;
  const project = (of: { readonly projectId: string }) => repository.project(of.projectId);
  switch (task.kind) {
    case 'capture': {
      const { capture } = await import('./engine/capture/capture.ts');
      return capture(task, context, { repository: project(task), clock: systemClock });
    }
    case 'restore': {
      const { restore } = await import('./engine/restore/restore.ts');
      return restore(task, context, { repository: project(task), clock: systemClock });
    }
    case 'clear-target': {
      const { clearTarget } = await import('./engine/restore/clear-target.ts');
      return clearTarget(task, signal);
    }
    case 'drill': {
      const { drill } = await import('./engine/drill/drill.ts');
      return drill(task, context, { repository: project(task), clock: systemClock });
    }
    case 'outline': {
      const { outline } = await import('./engine/restore/outline.ts');
      return outline(task, context, project(task));
    }
    case 'delete': {
      const { pruneRepository } = await import('./repository/prune-repository.ts');
      await project(task).deleteManifest(task.backupId);
      // Marks what nothing needs now; it is removed once the grace time is over, by a later pruning.
      await pruneRepository(repository, { projects: [task.projectId], clock: systemClock, signal });
      return { deleted: true };
    }
    case 'export': {
      const { exportArchive } = await import('./engine/export/export-archive.ts');
      return exportArchive(task, context, project(task));
    }
    case 'import': {
      const { importArchive } = await import('./engine/import/import-archive.ts');
      return importArchive(task, context, { repository: project(task), clock: systemClock });
    }
    case 'trim-archive': {
      const { trimArchive } = await import('./engine/follow/trim-archive.ts');
      return trimArchive(project(task).oplog(task.instanceId), task.timelines, signal);
    }
    case 'merge-archive':
      return project(task).oplog(task.instanceId).merge({ signal });
    case 'history': {
      const { history } = await import('./engine/history/history.ts');
      return history(task, { repository: project(task), clock: systemClock, signal });
    }
    case 'prune': {
      const { pruneRepository } = await import('./repository/prune-repository.ts');
      const { projects } = await pruneRepository(repository, { clock: systemClock, signal });
      return { freedBytes: projects.reduce((sum, { freedBytes }) => sum + freedBytes, 0) };
    }
  }
}
