import { Worker } from 'node:worker_threads';
import { withoutCredentials } from './thread-messages.ts';

export interface CompanionOptions {
  readonly workerUrl: URL;
  /** Said to each thread first. */
  readonly first: unknown;
  readonly onMessage: (message: unknown) => void;
  /** Told why a thread died, without secrets. */
  readonly onDeath: (reason: string) => void;
}

/** A thread that lives as long as the server does; one that dies is replaced by the next message. */
export interface CompanionThread {
  say(message: unknown): void;
  /** Says `farewell` and waits for the thread to end; after `limitMs` it is ended by force. Repeating it is harmless. */
  stop(farewell: unknown, limitMs: number): Promise<void>;
}

/** Bounds the JavaScript heap of the thread; the buffers that carry the data lie outside it. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

export function startCompanion({ workerUrl, first, onMessage, onDeath }: CompanionOptions): CompanionThread {
  let worker: Worker | null = null;
  const start = (): Worker => {
    const started = new Worker(workerUrl, { resourceLimits });
    started.on('message', onMessage);
    started.on('error', (error) => onDeath(withoutCredentials(String(error))));
    started.on('exit', () => {
      if (worker === started) worker = null;
    });
    started.postMessage(first);
    return started;
  };
  return {
    say(message) {
      worker ??= start();
      worker.postMessage(message);
    },
    async stop(farewell, limitMs) {
      const ending = worker;
      if (ending === null) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      ending.once('exit', () => resolve());
      const force = setTimeout(() => void ending.terminate(), limitMs);
      ending.postMessage(farewell);
      await promise;
      clearTimeout(force);
    },
  };
}
