import type { Worker } from 'node:worker_threads';

/**
 * At most one thread that has done its task and stays for a while: the next one need not load and compile everything again. It keeps
 * no process alive.
 */
export class KeptThread {
  readonly #limitMs: number;
  #kept: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | null = null;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Nobody may listen to it any more. Where another is kept already it is ended. */
  keep(worker: Worker): void {
    if (this.#kept !== null || this.#limitMs === 0) return void endThread(worker);
    const forget = (): void => {
      if (this.#kept?.worker === worker) this.end();
    };
    worker.on('error', forget);
    worker.on('exit', forget);
    worker.unref();
    this.#kept = { worker, timer: setTimeout(forget, this.#limitMs).unref() };
  }

  /** The thread, which belongs to whoever takes it; null if there is none. */
  take(): Worker | null {
    const kept = this.#kept;
    if (kept === null) return null;
    this.#kept = null;
    clearTimeout(kept.timer);
    stopListening(kept.worker);
    kept.worker.ref();
    return kept.worker;
  }

  /** Ends the thread, if there is one. */
  end(): void {
    const worker = this.take();
    if (worker !== null) void endThread(worker);
  }
}

/** Takes away whoever listens to a thread. */
export function stopListening(worker: Worker): void {
  for (const event of ['message', 'messageerror', 'error', 'exit']) worker.removeAllListeners(event);
}

/** Ends a thread to which nobody listens. */
export async function endThread(worker: Worker): Promise<void> {
  // One that is being ended may still raise an error; nobody waits for it any more.
  worker.on('error', () => undefined);
  await worker.terminate();
}
