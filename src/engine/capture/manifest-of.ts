import type { ClusterTime, CollectionImage, Consistency, Manifest, OpTime, ViewImage } from '../../core/image.ts';
import { replayBaseOf } from '../../core/oplog-archive.ts';
import type { Clock } from '../../lib/clock.ts';
import type { RepositoryWriter } from '../../repository/port.ts';
import type { CaptureSummary, CaptureTask } from '../tasks.ts';
import type { TransferProgress } from '../transfer-progress.ts';

/** What was taken, how, and where from. */
export interface TakenImage {
  readonly task: CaptureTask;
  readonly startedAt: Date;
  readonly clock: Clock;
  readonly time: OpTime;
  /** Absent or null where nothing can be replayed on the image. */
  readonly oplogAfter?: ClusterTime | null;
  readonly consistency: Consistency;
  readonly baseBackupId: string | null;
  readonly source: Manifest['source'];
  readonly notes: readonly string[];
  readonly collections: readonly CollectionImage[];
  readonly views: readonly ViewImage[];
  readonly oplogEntriesRead: number;
  readonly progress: TransferProgress;
  readonly writer: RepositoryWriter;
}

/** The manifest of an image that has been stored as a whole. */
export function manifestOf({ task, time, source, progress, writer, ...image }: TakenImage): Manifest {
  return {
    formatVersion: 1,
    backupId: task.backup.id,
    projectId: task.projectId,
    instanceId: task.instance.id,
    instanceName: task.instance.name,
    name: task.backup.name,
    description: task.backup.description,
    type: task.backup.type,
    ...(task.backup.keepDays === undefined ? {} : { keepDays: task.backup.keepDays }),
    startedAt: image.startedAt.toISOString(),
    finishedAt: image.clock.now().toISOString(),
    clusterTime: { t: time.t, i: time.i },
    term: time.term,
    ...(image.oplogAfter ? { oplogAfter: image.oplogAfter } : {}),
    consistency: image.consistency,
    baseBackupId: image.baseBackupId,
    source: {
      setName: source.setName,
      member: source.member,
      serverVersion: source.serverVersion,
      featureCompatibilityVersion: source.featureCompatibilityVersion,
    },
    notes: image.notes,
    collections: image.collections,
    views: image.views,
    cost: {
      documentsRead: progress.documents,
      bytesRead: progress.bytes,
      oplogEntriesRead: image.oplogEntriesRead,
      bytesStored: writer.totals.bytesStored,
      blocksStored: writer.totals.blocksStored,
      blocksReused: writer.totals.blocksReused,
    },
  };
}

/** What a job wants to know of a backup that exists. */
export function summarize(manifest: Manifest): CaptureSummary {
  return {
    clusterTime: manifest.clusterTime,
    replayBase: replayBaseOf(manifest),
    consistency: manifest.consistency,
    baseBackupId: manifest.baseBackupId,
    imageBytes: manifest.collections.reduce((sum, { bytes }) => sum + bytes, 0),
    imageDocuments: manifest.collections.reduce((sum, { documents }) => sum + documents, 0),
    cost: manifest.cost,
    notes: manifest.notes,
  };
}
