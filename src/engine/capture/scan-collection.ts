import type { Document, MongoClient } from 'mongodb';
import { UUID } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { ClusterTime, LayerRef } from '../../core/image.ts';
import { toTimestamp } from '../../mongo/cluster-time.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { RepositoryWriter } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';

export interface Scan {
  readonly client: MongoClient;
  readonly entry: CatalogEntry & { readonly uuid: string };
  /** Where the change collector stands: the scan shows the collection as it is here, or later. */
  readonly at: ClusterTime;
  readonly writer: RepositoryWriter;
  readonly progress: TransferProgress;
  readonly signal: AbortSignal;
}

export interface ScanResult {
  readonly layer: LayerRef;
  /** True if every document is as it was at `at`; false if some were read later. */
  readonly exact: boolean;
}

/** How often one scan is taken up again after its cursor was lost, or begun again. */
const mostResumptions = 50;
const mostRestarts = 5;

/** The collection is gone. */
const namespaceNotFound = 26;
/** Snapshot reads of this collection, or at this time, are not to be had (pitfalls S3, S4, S6). */
const snapshotCodes = new Set([72, 239, 246]);
/** The cursor is lost, the collection is not (S7): go on after the last record. */
const cursorLostCodes = new Set([43, 175, 237, 290, 11601]);
/** The record to go on after is gone, or a capped collection overtook the cursor: begin again. */
const restartCodes = new Set([136, 211, 280]);

/**
 * Reads a whole collection, by UUID and in natural order, into a layer. Read at the cluster time `at` where the server can;
 * else, or once its history is gone, as it is by then: documents may change under it and whoever calls must collect changes from
 * `at` on. Returns null if the collection is dropped meanwhile.
 */
export async function scanCollection(scan: Scan): Promise<ScanResult | null> {
  for (let restarts = 0; restarts <= mostRestarts; restarts++) {
    const result = await scanOnce(scan);
    if (result !== 'restart') return result;
  }
  throw new LarderError('capture-failed', `The collection ${scan.entry.db}.${scan.entry.name} could not be read to its end.`, {
    retryable: true,
  });
}

async function scanOnce(scan: Scan): Promise<ScanResult | null | 'restart'> {
  const { client, entry, writer, progress, signal } = scan;
  const layer = writer.beginLayer('scan');
  let snapshot = !entry.capped;
  let exact = snapshot;
  let resumeAfter: Document | null = null;
  for (let resumptions = 0; resumptions <= mostResumptions; resumptions++) {
    try {
      const command: Document = {
        ...findCommand(entry, snapshot ? scan.at : null),
        ...(resumeAfter === null ? {} : { $_resumeAfter: resumeAfter }),
      };
      const onAnswer = progress.answered.bind(progress);
      for await (const batch of readRaw(client.db(entry.db), command, { signal, onAnswer })) {
        await progress.readHeldBack(batch);
        await layer.addDocuments(batch);
        resumeAfter = batch.resumeToken ?? resumeAfter;
      }
      return { layer: await layer.finish(), exact };
    } catch (error) {
      const code = serverErrorCode(error);
      if (code === namespaceNotFound) return null;
      if (code !== null && snapshot && snapshotCodes.has(code)) {
        snapshot = false;
        exact = false;
      } else if (code !== null && restartCodes.has(code)) return 'restart';
      else if (code === null || !cursorLostCodes.has(code)) throw error;
      // What cannot be gone on with would be in the layer twice.
      else if (entry.capped) return 'restart';
    }
  }
  return 'restart';
}

function findCommand({ uuid, capped }: CatalogEntry & { readonly uuid: string }, at: ClusterTime | null): Document {
  return {
    find: new UUID(uuid),
    hint: { $natural: 1 },
    // A capped collection cannot be gone on with: its records disappear at the front.
    ...(capped ? {} : { $_requestResumeToken: true }),
    readConcern: at === null ? { level: 'majority' } : { level: 'snapshot', atClusterTime: toTimestamp(at) },
    noCursorTimeout: true,
  };
}
