import { createThreadRunner, type ThreadRunnerOptions } from '../jobs/thread-runner.ts';
import type { RunTask, Task, TaskContext, TaskResults } from './tasks.ts';
import type { JobProgress } from './use-cases.ts';

/** RunTask, each task in a worker thread of its own. Errors as `createThreadRunner` says. */
export function runTasksInThreads(options: ThreadRunnerOptions): RunTask {
  const runInThread = createThreadRunner(options);
  // The one place where what a thread answered gets its type back: the thread runs the same version of the same contract.
  return async <K extends Task['kind']>(task: Extract<Task, { kind: K }>, context: TaskContext) =>
    (await runInThread(task, {
      signal: context.signal,
      report: (progress) => context.report(progress as JobProgress),
    })) as TaskResults[K];
}
