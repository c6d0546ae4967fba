import type { MongoClient } from 'mongodb';
import { FileRoom } from '../file-room.ts';
import type { TransferProgress } from '../transfer-progress.ts';

/** The collection, and its index on `_id` where it is read by that. */
const filesOfScan = 2;

/** Room for the files of collections that a backup makes a server open. */
export function sourceFiles(client: MongoClient): FileRoom {
  return new FileRoom({ client, code: 'capture-failed', server: 'The server that is read' });
}

/** Resolves once the server may open a collection for a scan; the phase says when that is waited for. */
export function makeRoomForScan(files: FileRoom, progress: TransferProgress, signal: AbortSignal): Promise<void> {
  const onWait = (waits: boolean): void => progress.phase(waits ? 'scanning, waiting for the source to close files' : 'scanning');
  return files.make(filesOfScan, { signal, onWait });
}
