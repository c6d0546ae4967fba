import type { KeyObject } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { freeBuffer } from '../lib/free-buffer.ts';
import { blockId, blockIdIfSame } from './block.ts';
import type { CodecAnswer, CodecOutcome, CodecRequest, CodecWork, SharedBytes } from './codec-messages.ts';
import { compressHere, decompressHere } from './zstd.ts';

/** The thread's side of `ThreadedCodec`: does one piece of work after the other, each to its end. Its data is the key of the ids. */
parentPort?.on('message', ({ number, work }: CodecRequest) => {
  const answer: CodecAnswer = { number, outcome: outcomeOf(workerData as KeyObject, work) };
  parentPort?.postMessage(answer);
});

function outcomeOf(idKey: KeyObject, { kind, blockKind, content }: CodecWork): CodecOutcome {
  const bytes = Buffer.from(content.memory, content.offset, content.length);
  try {
    if (kind === 'identify') return { kind: 'identified', id: blockId(idKey, blockKind, bytes) };
    return compress(idKey, blockKind, bytes, content);
  } catch (error) {
    return { kind: 'failed', reason: String(error) };
  }
}

/** As `localCodec` does it. */
function compress(idKey: KeyObject, blockKind: number, content: Buffer, { memory, offset }: SharedBytes): CodecOutcome {
  const frame = compressHere(content);
  const { length } = frame;
  const checksum = crc32(frame);
  const id = idOfFrame(idKey, blockKind, frame, content);
  const copied = id === null ? 0 : frame.copy(Buffer.from(memory, offset));
  freeBuffer(frame);
  if (id === null) return { kind: 'changed' };
  if (copied !== length) return { kind: 'failed', reason: 'no room for the frame of a block' };
  return { kind: 'compressed', id, length, checksum: crc32(id, checksum) };
}

/** The id of what the frame unpacks to; null if that is not the content. */
function idOfFrame(idKey: KeyObject, blockKind: number, frame: Buffer, content: Buffer): Buffer | null {
  let unpacked: Buffer;
  try {
    unpacked = decompressHere(frame, content.length);
  } catch {
    return null;
  }
  const id = blockIdIfSame(idKey, blockKind, unpacked, content);
  freeBuffer(unpacked);
  return id;
}
