/**
 * The long work, as tasks that a worker thread runs: what goes in and what comes out is plain data that can be copied between
 * threads. A task touches servers and the repository, never the catalog; the job around it does that.
 */
import type { CaptureCost, ClusterTime, Consistency } from '../core/image.ts';
import type { RepositoryConnection } from '../repository/port.ts';
import type { JobProgress } from './use-cases.ts';

/** Take an image of an instance and commit it as a backup. Idempotent: if the manifest exists already, its summary is returned. */
export interface CaptureTask {
  readonly kind: 'capture';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instance: { readonly id: string; readonly name: string; readonly uri: string };
  readonly backup: { readonly id: string; readonly name: string; readonly description: string; readonly type: 'Manual' | 'Auto' };
  /** COMPLETED backups of the instance, newest first: the first usable one becomes the base. */
  readonly baseCandidates: readonly string[];
}

export interface CaptureSummary {
  readonly clusterTime: ClusterTime;
  readonly consistency: Consistency;
  readonly baseBackupId: string | null;
  /** Raw bytes of the image's documents. */
  readonly imageBytes: number;
  readonly imageDocuments: number;
  readonly cost: CaptureCost;
  readonly notes: readonly string[];
}

/** Make the target hold what the backup holds. Repeating it after a crash starts it over and ends in the same state. */
export interface RestoreTask {
  readonly kind: 'restore';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly backupId: string;
  readonly target: { readonly id: string; readonly uri: string };
  readonly overwrite: boolean;
}

export interface RestoreSummary {
  readonly documents: number;
  readonly bytes: number;
  readonly collections: number;
  /** The multiset hash of every collection, its options and indexes were compared with the image and are equal. */
  readonly verified: true;
  /** What could not come back the same, one line each. */
  readonly notes: readonly string[];
}

/** Delete a backup's manifest, then free what nothing needs any more and is older than the grace time. */
export interface DeleteTask {
  readonly kind: 'delete';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly backupId: string;
}

/** Free what nothing needs any more and is older than the grace time, in all projects. */
export interface PruneTask {
  readonly kind: 'prune';
  readonly repository: RepositoryConnection;
}

export type Task = CaptureTask | RestoreTask | DeleteTask | PruneTask;

/** Result type of each kind of task. */
export interface TaskResults {
  readonly capture: CaptureSummary;
  readonly restore: RestoreSummary;
  readonly delete: { readonly deleted: true };
  readonly prune: { readonly freedBytes: number };
}

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Called often; the receiver thins it out. */
  readonly report: (progress: JobProgress) => void;
}

/** Runs one task; throws LarderError. Implemented in a worker thread by `src/worker.ts`. */
export type RunTask = <K extends Task['kind']>(task: Extract<Task, { kind: K }>, context: TaskContext) => Promise<TaskResults[K]>;
