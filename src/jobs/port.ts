import type { CatalogTransaction } from '../catalog/schema.ts';

/** Which line a job stands in, so that a deletion never waits behind a backup of hours, nor a restart behind deletions. */
export type JobLane = 'long' | 'short' | 'servers';

/** One hand-over of a job to whoever works on it. */
export interface Delivery {
  readonly queueId: string;
  readonly jobId: string;
  /** Aborted when the queue gave the job to somebody else (no sign of life for too long), or when the queue stops. */
  readonly signal: AbortSignal;
}

/**
 * What the queue knows of a delivery. `waiting`: it will be handed out. `active`: someone works on it. `over`: it never will
 * be again (done, given up after too many tries, or not there at all).
 */
export type DeliveryState = 'waiting' | 'active' | 'over';

/**
 * The durable queue. It delivers at least once and knows nothing of what a job is; the job's own row does. A delivery whose
 * worker dies is handed out again, a bounded number of times.
 */
export interface JobQueue {
  /**
   * Puts a job in line; it exists if and only if the transaction commits. Returns the id of the delivery. Everything goes
   * through the transaction's own connection: the embedded catalog has but one.
   */
  send(trx: CatalogTransaction, lane: JobLane, jobId: string, options?: { readonly delaySeconds?: number }): Promise<string>;
  /** Begins to hand out the lane's jobs. What the handler throws means: hand it out again later. */
  work(lane: JobLane, concurrency: number, handler: (delivery: Delivery) => Promise<void>): Promise<void>;
  state(lane: JobLane, queueId: string): Promise<DeliveryState>;
  /** Takes a delivery back. Succeeds where there is none. */
  discard(lane: JobLane, queueId: string): Promise<void>;
  /**
   * Hands out nothing more, aborts the deliveries in progress and waits for their handlers, but not longer than `limitMs`.
   * Repeating it is harmless. The catalog stays open.
   */
  stop(limitMs: number): Promise<void>;
}
