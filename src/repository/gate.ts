import { LarderError } from '../core/errors.ts';

interface Waiting {
  readonly weight: number;
  readonly admit: () => void;
}

/** Bounds what is in flight: by weight, first come first served. Whoever enters must leave with the same weight. */
export class Gate {
  readonly #capacity: number;
  readonly #queue: Waiting[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Resolves when there is room; something heavier than the whole capacity gets in alone. Rejects with `cancelled` when aborted. */
  async enter(weight: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled(signal);
    if (this.#queue.length === 0 && this.#fits(weight)) {
      this.#used += weight;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(cancelled(signal));
        this.#admit();
      };
      const waiting: Waiting = {
        weight,
        admit: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      this.#queue.push(waiting);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Gives room back and admits whoever waits. */
  leave(weight: number): void {
    this.#used -= weight;
    this.#admit();
  }

  #fits(weight: number): boolean {
    return this.#used === 0 || this.#used + weight <= this.#capacity;
  }

  #admit(): void {
    for (let first = this.#queue[0]; first !== undefined && this.#fits(first.weight); first = this.#queue[0]) {
      this.#queue.shift();
      this.#used += first.weight;
      first.admit();
    }
  }
}

function cancelled(signal: AbortSignal): LarderError {
  return new LarderError('cancelled', 'the operation was cancelled', { cause: signal.reason });
}
