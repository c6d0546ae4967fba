import type { Clock } from '../../lib/clock.ts';
import { TokenBucket, type Sleep } from '../../lib/token-bucket.ts';
import type { Brake } from '../transfer-progress.ts';
import { atEase, easeOff, type Ease, type LoadSample, type Trouble } from './ease-off.ts';

/** Bytes in the megabyte of a rate in MB/s. */
export const megabyte = 1_000_000;

export interface PaceOptions {
  readonly clock: Clock;
  /** What was asked for, bytes a second; null: as fast as the member can bear. */
  readonly limit: number | null;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly sleep?: Sleep;
}

/** How fast a backup reads: as was asked for, and slower where the member it reads from suffers. */
export class Pace implements Brake {
  readonly #asked: number | null;
  readonly #bucket: TokenBucket;
  readonly #signal: AbortSignal;
  readonly #notes = new Map<Trouble, string>();
  #ease: Ease = atEase;

  constructor({ clock, limit, signal, sleep }: PaceOptions) {
    this.#asked = limit;
    this.#bucket = new TokenBucket(clock, limit, sleep);
    this.#signal = signal;
  }

  /** Bytes a second; null: no limit. */
  get limit(): number | null {
    const { limit } = this.#ease;
    return limit === null || this.#asked === null ? (limit ?? this.#asked) : Math.min(limit, this.#asked);
  }

  get cause(): string | null {
    return this.#ease.cause;
  }

  /** For the backup: why it was read more slowly than it could have been, one line for each kind of trouble. */
  get notes(): readonly string[] {
    return [...this.#notes.values()];
  }

  async take(bytes: number, urgent: boolean): Promise<void> {
    if (urgent) this.#bucket.borrow(bytes);
    else await this.#bucket.take(bytes, this.#signal);
  }

  /** Draws the conclusion from how the member fares. */
  adapt(sample: LoadSample): void {
    this.#ease = easeOff(this.#ease, sample);
    this.#bucket.setRate(this.limit);
    const { trouble, cause } = this.#ease;
    if (trouble !== null && !this.#notes.has(trouble)) this.#notes.set(trouble, `Reading was slowed down for a time: ${cause}.`);
  }

  /** The member is read no more: what was said of it does not hold for the next. */
  forget(): void {
    this.#ease = atEase;
    this.#bucket.setRate(this.limit);
  }
}
