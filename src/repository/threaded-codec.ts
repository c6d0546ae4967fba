import type { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { LarderError } from '../core/errors.ts';
import { changedInMemory, localCodec, type BlockCodec, type ProvedFrame } from './block-codec.ts';
import type { CodecAnswer, CodecOutcome, CodecRequest, CodecWork, SharedBytes } from './codec-messages.ts';

/** Beyond this the threads only wait for whoever cuts the blocks. */
const mostThreads = 4;
/** Bytes of content from which on threads are worth their start. */
const smallWrite = 16 * 1024 * 1024;

/** Little room: the buffers that zstd fills are freed when it is used up. */
const heapLimits: ResourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './codec-thread.ts' : './codec-thread.js', import.meta.url);

interface CodecThread {
  readonly worker: Worker;
  waiting: number;
}

/**
 * Hashes, compresses and proves blocks in threads of its own, so that whoever reads documents does nothing else; a
 * small write stays in the calling thread. Should a thread end, what waits rejects with `internal`, and whatever is asked for later. `close` ends the threads; what waits for them rejects with `cancelled`.
 */
export class ThreadedCodec implements BlockCodec {
  readonly #idKey: KeyObject;
  readonly #local: BlockCodec;
  readonly #threads: CodecThread[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<CodecOutcome>>();
  #bytes = 0;
  #requests = 0;
  #failure: LarderError | null = null;

  constructor(idKey: KeyObject) {
    this.#idKey = idKey;
    this.#local = localCodec(idKey);
  }

  async identify(kind: number, content: Buffer): Promise<Buffer> {
    const bytes = this.#sharedBytes(content);
    if (bytes === null) return this.#local.identify(kind, content);
    const outcome = await this.#ask({ kind: 'identify', blockKind: kind, content: bytes });
    if (outcome.kind !== 'identified') throw unexpected(outcome);
    return bufferOf(outcome.id);
  }

  async compress(kind: number, content: Buffer): Promise<ProvedFrame> {
    const bytes = this.#sharedBytes(content);
    if (bytes === null) return this.#local.compress(kind, content);
    const outcome = await this.#ask({ kind: 'compress', blockKind: kind, content: bytes });
    if (outcome.kind === 'changed') throw changedInMemory(content.length);
    if (outcome.kind !== 'compressed') throw unexpected(outcome);
    const frame = Buffer.from(bytes.memory, bytes.offset, outcome.length);
    return { id: bufferOf(outcome.id), frame, checksum: outcome.checksum };
  }

  async close(): Promise<void> {
    this.#fail(new LarderError('cancelled', 'the writer is closed'));
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  /** Where the bytes lie in shared memory; null where they do not, or where they are better left to this thread. */
  #sharedBytes({ buffer: memory, byteOffset: offset, length }: Buffer): SharedBytes | null {
    this.#bytes += length;
    if (this.#bytes < smallWrite || !(memory instanceof SharedArrayBuffer)) return null;
    return { memory, offset, length };
  }

  async #ask(work: CodecWork): Promise<CodecOutcome> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#threads.length === 0) this.#start();
    const thread = this.#threads.reduce((idlest, each) => (each.waiting < idlest.waiting ? each : idlest));
    const request: CodecRequest = { number: this.#requests++, work };
    const answered = Promise.withResolvers<CodecOutcome>();
    this.#waiting.set(request.number, answered);
    // A process that waits for nothing else must not end for that.
    if (thread.waiting++ === 0) thread.worker.ref();
    thread.worker.postMessage(request);
    return answered.promise.finally(() => {
      if (--thread.waiting === 0) thread.worker.unref();
    });
  }

  #start(): void {
    const count = Math.min(mostThreads, availableParallelism());
    for (let n = 0; n < count; n++) {
      const worker = new Worker(workerUrl, { resourceLimits: heapLimits, name: 'codec', workerData: this.#idKey });
      worker.on('message', ({ number, outcome }: CodecAnswer) => {
        const answered = this.#waiting.get(number);
        this.#waiting.delete(number);
        answered?.resolve(outcome);
      });
      const died = (cause: unknown): void =>
        this.#fail(new LarderError('internal', 'a thread that compresses blocks ended', { cause, retryable: true }));
      worker.on('error', died);
      worker.on('exit', died);
      worker.unref();
      this.#threads.push({ worker, waiting: 0 });
    }
  }

  #fail(failure: LarderError): void {
    this.#failure ??= failure;
    for (const answered of this.#waiting.values()) answered.reject(this.#failure);
    this.#waiting.clear();
  }
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function unexpected(outcome: CodecOutcome): LarderError {
  return new LarderError('internal', `a thread answered ${outcome.kind}: ${'reason' in outcome ? outcome.reason : ''}`);
}
