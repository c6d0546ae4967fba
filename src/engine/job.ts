/** Jobs and what they prove, as the use cases speak of them. */
import type { Page } from './page.ts';

export type JobStatus = 'Running' | 'Completed' | 'Failed';

/** How far a running job is. Numbers never go back within one try. */
export interface JobProgress {
  readonly phase: string;
  /** Of the whole, 0 to 0.99; null while unknown. */
  readonly share: number | null;
  readonly documentsDone: number;
  /** null while unknown. */
  readonly documentsTotal: number | null;
  readonly bytesDone: number;
  readonly bytesTotal: number | null;
  /** Bytes a second over the last seconds. */
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  /** How many seconds of the source's oplog are still to be read; null where it is not read. */
  readonly lagSeconds: number | null;
  /** How many seconds of oplog the source keeps behind what was read of it; null where that is not known. */
  readonly oplogWindowSeconds: number | null;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly created: Date;
  readonly ended: Date | null;
  readonly progress: JobProgress | null;
  readonly instanceId: string;
  readonly instanceName: string;
  readonly backupId: string | null;
  readonly failReason: string | null;
  /** What a Completed restore or drill proved; null for other jobs. */
  readonly result: RestoreResult | null;
}

/** A stretch of the archived oplog that a restore replayed. */
export interface ReplayedSpan {
  readonly baseBackupId: string;
  /** `seconds:increment`. */
  readonly point: string;
  readonly entries: number;
  /** Writes among them to what was restored. */
  readonly writes: number;
}

/** A restore that was compared, collection by collection. */
export interface RestoreResult {
  /**
   * `equal`: with its backup, and everything is the same. `replayed`, of a point in time: so it was before the oplog was replayed on
   * it, and afterwards counts, options and indexes are what the oplog says. It says nothing of the backup as a whole.
   */
  readonly verdict: 'equal' | 'replayed';
  /** What was replayed, for each point in time; empty where nothing was. */
  readonly replayed: readonly ReplayedSpan[];
  readonly documents: number;
  readonly bytes: number;
  readonly collections: number;
  /** Of the last try, from its first question to the last comparison. */
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** What could not come back the same, and what to know of it, one line each. */
  readonly notes: readonly string[];
}

export interface JobFilter extends Page {
  readonly id?: string;
  /** As clients see it, exact. */
  readonly name?: string;
  readonly status?: JobStatus;
  /** Both or neither; compared with when the job was created, ends included. */
  readonly begin?: Date;
  readonly end?: Date;
}
