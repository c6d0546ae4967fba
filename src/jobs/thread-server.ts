import { parentPort } from 'node:worker_threads';
import { LarderError } from '../core/errors.ts';
import { packError, withBuffers, type FromThread, type ToThread } from './thread-messages.ts';

export interface ThreadContext<P> {
  /** Aborted when the server wants the task to end. */
  readonly signal: AbortSignal;
  /** May be called as often as one likes: only the newest is sent on, a few times a second. */
  readonly report: (progress: P) => void;
}

const progressIntervalMs = 250;

/**
 * The thread's side of `createThreadRunner`: waits for a task, runs it and answers, and then perhaps for another. Progress
 * reported last is sent before the answer. Throws `internal` outside a worker thread.
 */
export function serveTasks<I, O, P>(handler: (task: I, context: ThreadContext<P>) => Promise<O>): void {
  const port = parentPort;
  if (port === null) throw new LarderError('internal', 'serveTasks works in a worker thread only');
  const answer = (message: FromThread): void => port.postMessage(message);

  const run = async (task: I, signal: AbortSignal): Promise<void> => {
    let unsent: { readonly progress: P } | undefined;
    const sendProgress = (): void => {
      if (unsent !== undefined) answer({ type: 'progress', progress: unsent.progress });
      unsent = undefined;
    };
    const timer = setInterval(sendProgress, progressIntervalMs);
    try {
      let silent = true;
      const report = (progress: P): void => {
        unsent = { progress };
        // The first one says that the task has begun; whoever ends a silent thread knows that it had not.
        if (silent) sendProgress();
        silent = false;
      };
      const result = await handler(task, { signal, report });
      sendProgress();
      answer({ type: 'result', result });
    } catch (error) {
      answer({ type: 'error', error: packError(error) });
    } finally {
      clearInterval(timer);
    }
  };

  let stopping = new AbortController();
  port.on('message', (message: ToThread) => {
    if (message.type === 'stop') stopping.abort(new LarderError('cancelled', 'The task was cancelled.', { retryable: true }));
    else {
      stopping = new AbortController();
      void run(withBuffers(message.input) as I, stopping.signal);
    }
  });
}
