import { Worker, type ResourceLimits, type Transferable } from 'node:worker_threads';
import { LarderError } from '../core/errors.ts';
import { endThread, KeptThread, stopListening } from './kept-thread.ts';
import { unpackError, withoutCredentials, type FromThread, type ToThread } from './thread-messages.ts';

export interface ThreadRunnerOptions {
  /** The module that calls `serveTasks`. */
  readonly workerUrl: URL;
  /** How long a thread that was asked to stop may take before it is ended by force; may depend on why it is to stop. */
  readonly stopLimitMs?: number | ((reason: unknown) => number);
  readonly resourceLimits?: ResourceLimits;
  /** How long a thread that did its task stays for another, milliseconds; not at all unless given. */
  readonly keepMs?: number;
}

export interface ThreadRun {
  readonly signal: AbortSignal;
  /** Called a few times a second at most. */
  readonly report: (progress: unknown) => void;
  /** What in the input belongs to the thread from now on, and is of no use here any more. */
  readonly transfer?: readonly Transferable[];
  /**
   * True of a task that may be done in the thread of the one before it that said so, and whose own thread stays if it succeeds. Any
   * other gets a new one, and what stays then is ended: it takes memory.
   */
  readonly keepThread?: boolean;
}

const defaultStopLimitMs = 15_000;

/** Bounds the JavaScript heap of one task; the buffers that carry the data lie outside it and are bounded by the task itself. */
const defaultLimits: ResourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 8 };

/**
 * Returns a function that runs one input in a thread, which it has for itself, and gives what the thread answered. It throws the
 * LarderError the thread threw; `cancelled` once the signal is aborted (the thread is asked to stop, and ended by force
 * after the limit); `internal` (retryable) if the thread dies without an answer. A result that comes after the abort still counts.
 */
export function createThreadRunner(options: ThreadRunnerOptions): (input: unknown, run: ThreadRun) => Promise<unknown> {
  const { workerUrl, stopLimitMs = defaultStopLimitMs, resourceLimits = defaultLimits, keepMs = 0 } = options;
  const kept = new KeptThread(keepMs);
  return (input, { signal, report, transfer = [], keepThread = false }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(cancelled(signal, true));
      if (!keepThread) kept.end();
      const worker = kept.take() ?? new Worker(workerUrl, { resourceLimits });
      let force: NodeJS.Timeout | undefined;
      // A task reports before it does anything, and its first report is not held back.
      let untouched = true;

      const tell = (message: ToThread, handOver: readonly Transferable[] = []): void =>
        worker.postMessage(message, [...handOver]);
      const stop = (): void => {
        tell({ type: 'stop' });
        const limit = typeof stopLimitMs === 'function' ? stopLimitMs(signal.reason) : stopLimitMs;
        force ??= setTimeout(() => end(() => reject(cancelled(signal, untouched))), limit);
      };
      const letGo = (): void => {
        clearTimeout(force);
        signal.removeEventListener('abort', stop);
        stopListening(worker);
      };
      const end = (settle: () => void): void => {
        letGo();
        endThread(worker).then(settle, settle);
      };

      worker.on('message', (message: FromThread) => {
        switch (message.type) {
          case 'progress':
            untouched = false;
            return report(message.progress);
          case 'result':
            // One that was told to stop may hear of it only now.
            if (!keepThread || signal.aborted) return end(() => resolve(message.result));
            letGo();
            kept.keep(worker);
            return resolve(message.result);
          case 'error':
            if (untouched && signal.aborted) return end(() => reject(cancelled(signal, true)));
            return end(() => reject(unpackError(message.error)));
        }
      });
      worker.on('messageerror', (error) => end(() => reject(died('its answer could not be read', error))));
      worker.on('error', (error) => end(() => reject(died(describe(error), error))));
      worker.on('exit', (code) => end(() => reject(died(`it ended with code ${code}`))));
      signal.addEventListener('abort', stop, { once: true });
      tell({ type: 'run', input }, transfer);
    });
}

/** `untouched`: it had not begun, so nothing is different from before. */
function cancelled(signal: AbortSignal, untouched: boolean): LarderError {
  return new LarderError('cancelled', 'The task was cancelled.', {
    cause: signal.reason,
    retryable: true,
    details: { untouched },
  });
}

function died(how: string, cause?: unknown): LarderError {
  return new LarderError('internal', `The worker thread gave no answer: ${how}.`, {
    retryable: true,
    ...(cause === undefined ? {} : { cause }),
  });
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'it threw something that is no error';
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory';
  return withoutCredentials(`${error.name}: ${error.message}`);
}
