import { createThreadRunner, type ThreadRunnerOptions } from '../jobs/thread-runner.ts';
import type { RunTask, Task, TaskContext, TaskResults } from './tasks.ts';
import type { JobProgress } from './use-cases.ts';
import { whoCancelled } from './watch-for-cancel.ts';

/** A cancelled job must be over within two seconds; one that goes on elsewhere may take its time to let go. Milliseconds. */
const stopLimits = { cancelled: 1_000, interrupted: 15_000 } as const;

/**
 * The thread of a backup stays so long for another one, in which then nothing has to be loaded and compiled: backups often come one after
 * the other, of many instances in one night or of one every few minutes. Milliseconds.
 */
const keepMs = 10 * 60 * 1000;

/** RunTask, each task in a worker thread that it has for itself. Errors as `createThreadRunner` says. */
export function runTasksInThreads(options: Omit<ThreadRunnerOptions, 'stopLimitMs' | 'keepMs'>): RunTask {
  const runInThread = createThreadRunner({
    ...options,
    keepMs,
    stopLimitMs: (reason) => (whoCancelled(reason) === null ? stopLimits.interrupted : stopLimits.cancelled),
  });
  // The one place where what a thread answered gets its type back: the thread runs the same version of the same contract.
  return async <K extends Task['kind']>(task: Extract<Task, { kind: K }>, context: TaskContext) =>
    (await runInThread(task, {
      signal: context.signal,
      report: (progress) => context.report(progress as JobProgress),
      transfer: 'pipe' in task ? [task.pipe] : [],
      keepThread: task.kind === 'capture',
    })) as TaskResults[K];
}
