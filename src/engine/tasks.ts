/**
 * The long work, as tasks that a worker thread runs: what goes in and what comes out is plain data that can be copied between
 * threads, but for the pipe that some have. A task touches servers and the repository, never the catalog; the job around it does that.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ArchivedStretch, ReplayBase } from '../core/oplog-archive.ts';
import type { HistoryPage, HistoryQuery } from '../core/history.ts';
import type { CaptureCost, ClusterTime, Consistency, Manifest } from '../core/image.ts';
import type { DrillAssertion } from '../core/drill-assertions.ts';
import type { RestoreSelection } from '../core/restore-selection.ts';
import type { MongodBinary } from '../provider/mongod-binary.ts';
import type { RepositoryConnection } from '../repository/port.ts';
import type { InstanceMode, JobProgress } from './use-cases.ts';

/** Take an image of an instance and commit it as a backup. Idempotent: if the manifest exists already, its summary is returned. */
export interface CaptureTask {
  readonly kind: 'capture';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instance: {
    readonly id: string;
    readonly name: string;
    readonly uri: string;
    /** `ReplicaSet` unless said. */
    readonly mode?: InstanceMode;
  };
  /** Keep everybody from writing to a single server meanwhile. */
  readonly lock?: boolean;
  readonly backup: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly type: 'Manual' | 'Auto';
    /** Only of an automated backup: the days it is kept. */
    readonly keepDays?: number;
  };
  /** Read no more than so many megabytes (of 1,000,000 bytes) a second; no limit of its own unless given. */
  readonly rateMbPerS?: number;
  /** COMPLETED backups of the instance, newest first: the first usable one becomes the base. */
  readonly baseCandidates: readonly string[];
}

export interface CaptureSummary {
  readonly clusterTime: ClusterTime;
  /** What archived oplog entries can be replayed on; null or absent where the image is none. */
  readonly replayBase?: ReplayBase | null;
  readonly consistency: Consistency;
  readonly baseBackupId: string | null;
  /** Raw bytes of the image's documents. */
  readonly imageBytes: number;
  readonly imageDocuments: number;
  readonly cost: CaptureCost;
  readonly notes: readonly string[];
}

/** Phase of a restore from which on the target shows what was restored. */
export const switchingOver = 'switching over';

/** What a restore brings of a backup, or of a later point that the archived oplog leads to from it. */
export interface RestoreLeg {
  readonly backupId: string;
  readonly pointInTime?: PointInTime;
  readonly selection: RestoreSelection;
}

/**
 * Make the target hold what backups, or selected parts of them, hold. Repeated after a crash it goes on where it was, by the notes that it
 * keeps in the target until that is cleared.
 */
export interface RestoreTask {
  readonly kind: 'restore';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  /** At least one. Several never bring something under the same name; all are ready before the target shows any of them. */
  readonly legs: readonly RestoreLeg[];
  /** The same in every try of one restore, so that a later one finds what an earlier one did; another in every other restore. */
  readonly restoreId: string;
  readonly target: { readonly id: string; readonly uri: string };
  /**
   * `database.user` of those who stay as the target has them, besides the user whom the restore runs as. Who is not there comes from the
   * backup like everybody else.
   */
  readonly keepUsers?: readonly string[];
  /** Without it nothing is replaced, and a failure leaves the target as it was. */
  readonly overwrite: boolean;
}

/** Remove from the target what restores noted there. Repeating it is harmless. */
export interface ClearTargetTask {
  readonly kind: 'clear-target';
  readonly repository: RepositoryConnection;
  readonly target: RestoreTask['target'];
}

/** A point and the way to it. */
export interface PointInTime {
  readonly point: ClusterTime;
  /** Whose oplog it is. */
  readonly instanceId: string;
  readonly timeline: number;
  /** Older backups of the timeline, newest first: taken where something was only half there at the moment of the newest. */
  readonly olderBases: readonly string[];
}

export interface RestoreSummary {
  readonly documents: number;
  readonly bytes: number;
  readonly collections: number;
  /**
   * The multiset hash of every collection, its options and indexes were compared with the image and are equal. For a point in time:
   * the hash before anything was replayed; afterwards counts (but of capped collections), options and indexes with what the oplog says.
   */
  readonly verified: true;
  /** What was replayed, for each point that was asked for. */
  readonly replayed: readonly ReplaySummary[];
  /** Of this try. */
  readonly seconds: number;
  /** Indexes that the target refuses, each with the reason. Everything else is there. */
  readonly unbuilt: readonly string[];
  /** What could not come back the same, one line each. */
  readonly notes: readonly string[];
}

export interface ReplaySummary {
  readonly baseBackupId: string;
  readonly base: ClusterTime;
  readonly point: ClusterTime;
  /** Entries of the oplog between the two, and their BSON bytes. */
  readonly entries: number;
  readonly bytes: number;
  /** Writes among them to what was restored. */
  readonly writes: number;
}

/** Restore the whole backup into a server started for this, compare it, ask the assertions, remove all of it. Repeating it starts over. */
export interface DrillTask {
  readonly kind: 'drill';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly backupId: string;
  readonly drillId: string;
  readonly assertions: readonly DrillAssertion[];
  readonly mongod: MongodBinary;
  /** Made and removed by the drill. */
  readonly folder: string;
}

export type DrillSummary =
  | { readonly verdict: 'proved'; readonly restored: RestoreSummary; readonly assertions: number }
  | { readonly verdict: 'failed'; readonly reason: string; readonly seconds: number };

/** Find out what an instance held at a point in time: read the archived oplog from the backup to there once, and write nothing. */
export interface OutlineTask {
  readonly kind: 'outline';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly backupId: string;
  readonly pointInTime: PointInTime;
}

/** The image of a point, without the layers that hold its documents, and what is to be replayed for it. */
export interface Outline extends Manifest {
  /** Entries of the archived oplog between backup and point, and their BSON bytes; all of them are read. */
  readonly way: { readonly entries: number; readonly bytes: number };
  /** Writes among them to each collection of the image, by its UUID, and their raw bytes. */
  readonly writes: ReadonlyMap<string, { readonly writes: number; readonly bytes: number }>;
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

/** Remove from an archived oplog all but what is to be kept; a timeline of which nothing is goes as a whole. Repeating it is harmless. */
export interface TrimArchiveTask {
  readonly kind: 'trim-archive';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instanceId: string;
  readonly timelines: readonly { readonly number: number; readonly keep: readonly ArchivedStretch[] }[];
}

/** Make fewer and larger objects of an archived oplog, which holds the same afterwards. Repeating it is harmless. */
export interface MergeArchiveTask {
  readonly kind: 'merge-archive';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instanceId: string;
}

/** Read one page of what an archived oplog tells. */
export interface HistoryTask {
  readonly kind: 'history';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instanceId: string;
  /** What the catalog shows of the archive, and the images it leads on from, newest first. */
  readonly stretches: readonly ArchivedStretch[];
  readonly bases: readonly ReplayBase[];
  readonly query: HistoryQuery;
}

/** Write a backup as a mongodump archive. */
export interface ExportTask {
  readonly kind: 'export';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly backupId: string;
  /** `db.collection`; none: all of it, users and roles included. */
  readonly namespaces: readonly string[];
  readonly gzip: boolean;
  readonly toolVersion: string;
  /** Takes the archive; handed over to the thread. */
  readonly pipe: MessagePort;
}

export interface ExportSummary {
  /** Of the archive, before compression. */
  readonly bytes: number;
}

/** Make a backup out of a mongodump archive. Cut short at any moment it leaves only what is freed later. */
export interface ImportTask {
  readonly kind: 'import';
  readonly repository: RepositoryConnection;
  readonly projectId: string;
  readonly instance: { readonly id: string; readonly name: string };
  readonly backup: { readonly id: string; readonly name: string; readonly description: string };
  /** Gives the archive; handed over to the thread. */
  readonly pipe: MessagePort;
}

export interface ImportSummary {
  readonly collections: number;
  readonly documents: number;
  /** Raw bytes of those. */
  readonly bytes: number;
  /** Of the server that was dumped. */
  readonly serverVersion: string;
  readonly notes: readonly string[];
}

export type Task =
  | CaptureTask
  | RestoreTask
  | ClearTargetTask
  | DrillTask
  | OutlineTask
  | DeleteTask
  | PruneTask
  | TrimArchiveTask
  | MergeArchiveTask
  | HistoryTask
  | ExportTask
  | ImportTask;

/** Result type of each kind of task. */
export interface TaskResults {
  readonly capture: CaptureSummary;
  readonly restore: RestoreSummary;
  readonly 'clear-target': { readonly cleared: true };
  readonly drill: DrillSummary;
  readonly outline: Outline;
  readonly delete: { readonly deleted: true };
  readonly prune: { readonly freedBytes: number };
  readonly history: HistoryPage;
  readonly 'trim-archive': { readonly freedBytes: number; readonly segments: number };
  readonly 'merge-archive': { readonly merged: number; readonly removed: number };
  readonly export: ExportSummary;
  readonly import: ImportSummary;
}

export interface TaskContext {
  readonly signal: AbortSignal;
  /** Called often; the receiver thins it out. */
  readonly report: (progress: JobProgress) => void;
}

/** Runs one task; throws LarderError. Implemented in a worker thread by `src/worker.ts`. */
export type RunTask = <K extends Task['kind']>(task: Extract<Task, { kind: K }>, context: TaskContext) => Promise<TaskResults[K]>;
