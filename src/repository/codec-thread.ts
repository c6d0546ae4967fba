import { parentPort } from 'node:worker_threads';
import { isLarderError } from '../core/errors.ts';
import { freeBuffer } from '../lib/free-buffer.ts';
import { inMemory } from './block-codec.ts';
import { blockId, unsealBlock, type PackedBlock } from './block.ts';
import type { CodecAnswer, CodecOutcome, CodecRequest, CodecWork, SharedBytes } from './codec-messages.ts';
import { compressHere, decompressHere } from './zstd.ts';

/** The thread's side of `ThreadedCodec`: does one piece of work after the other, each to its end. */
parentPort?.on('message', ({ number, work }: CodecRequest) => {
  const answer: CodecAnswer = { number, outcome: outcomeOf(work) };
  parentPort?.postMessage(answer);
});

function outcomeOf(work: CodecWork): CodecOutcome {
  try {
    switch (work.kind) {
      case 'identify':
        return { kind: 'identified', id: blockId(Buffer.from(work.key), work.blockKind, bytesOf(work.content)) };
      case 'compress': {
        const frame = compressHere(bytesOf(work.content));
        const place = Buffer.from(work.content.memory, work.content.offset);
        const { length } = frame;
        const copied = frame.copy(place);
        freeBuffer(frame);
        return copied === length
          ? { kind: 'compressed', length }
          : { kind: 'failed', reason: 'no room for the frame of a block' };
      }
      case 'prove':
        return prove(bytesOf(work.sealed), Buffer.from(work.key), Buffer.from(work.idKey), work.block);
    }
  } catch (error) {
    return { kind: 'failed', reason: String(error) };
  }
}

function prove(sealed: Buffer, key: Buffer, idKey: Buffer, copied: PackedBlock): CodecOutcome {
  const block = { ...copied, id: Buffer.from(copied.id) };
  let frame: Buffer;
  try {
    frame = unsealBlock(sealed, key, block, inMemory, block.offset);
  } catch (error) {
    if (isLarderError(error, 'object-corrupt')) return { kind: 'damaged', reason: String(error.details['reason']) };
    throw error;
  }
  try {
    const content = decompressHere(frame, block.rawLength);
    freeBuffer(frame);
    const isSame = blockId(idKey, block.kind, content).equals(block.id);
    freeBuffer(content);
    return { kind: isSame ? 'proved' : 'changed' };
  } catch {
    return { kind: 'damaged', reason: 'a block does not unpack' };
  }
}

function bytesOf({ memory, offset, length }: SharedBytes): Buffer {
  return Buffer.from(memory, offset, length);
}
