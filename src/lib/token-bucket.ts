import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The rate may change while somebody waits, so that nobody waits longer than this at a stretch. Milliseconds. */
const longestWait = 250;

/** Waits so long; rejects at once when the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

/**
 * Lets so many tokens pass in a second. Nothing is saved up while nobody takes any: after N tokens at least N / rate seconds have
 * passed, whatever was before. The bucket may be shared; who takes more than is there waits until the debt of all is paid.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  #perSecond: number | null;
  /** Never above zero. */
  #balance = 0;
  #filledAt: number;

  /** `perSecond` null: no limit. `sleep` is for tests. */
  constructor(clock: Clock, perSecond: number | null, sleep: Sleep = (ms, signal) => delay(ms, undefined, { signal })) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#sleep = sleep;
    this.#filledAt = clock.now().getTime();
  }

  /** Holds from now on, also for those who wait already. */
  setRate(perSecond: number | null): void {
    this.#fill();
    this.#perSecond = perSecond;
  }

  /** Takes tokens and resolves when they are paid for. Throws the signal's reason when it is aborted; they count as taken. */
  async take(tokens: number, signal: AbortSignal): Promise<void> {
    this.borrow(tokens);
    for (;;) {
      signal.throwIfAborted();
      this.#fill();
      if (this.#perSecond === null || this.#balance >= 0) return;
      const wait = Math.ceil((-this.#balance * 1000) / this.#perSecond);
      await this.#sleep(Math.min(longestWait, wait), signal);
    }
  }

  /** Takes tokens without waiting; who comes next waits for them too. */
  borrow(tokens: number): void {
    this.#fill();
    this.#balance -= tokens;
  }

  #fill(): void {
    const now = this.#clock.now().getTime();
    // A clock that was set back gives nothing, and takes nothing.
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#balance = this.#perSecond === null ? 0 : Math.min(0, this.#balance + seconds * this.#perSecond);
  }
}
