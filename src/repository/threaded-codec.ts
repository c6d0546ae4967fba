import { availableParallelism } from 'node:os';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { LarderError } from '../core/errors.ts';
import { changedInMemory, inMemory, localCodec, type BlockCodec } from './block-codec.ts';
import type { PackedBlock } from './block.ts';
import type { CodecAnswer, CodecOutcome, CodecRequest, CodecWork, SharedBytes } from './codec-messages.ts';
import { corruptObject } from './corrupt-object.ts';

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
  readonly #idKey: Buffer;
  readonly #local: BlockCodec;
  readonly #threads: CodecThread[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<CodecOutcome>>();
  #bytes = 0;
  #requests = 0;
  #failure: LarderError | null = null;

  constructor(idKey: Buffer) {
    this.#idKey = idKey;
    this.#local = localCodec(idKey);
  }

  async identify(kind: number, content: Buffer): Promise<Buffer> {
    this.#bytes += content.length;
    const bytes = this.#sharedBytes(content);
    if (bytes === null) return this.#local.identify(kind, content);
    const outcome = await this.#ask({ kind: 'identify', key: this.#idKey, blockKind: kind, content: bytes });
    if (outcome.kind !== 'identified') throw unexpected(outcome);
    return Buffer.from(outcome.id.buffer, outcome.id.byteOffset, outcome.id.length);
  }

  async compress(content: Buffer): Promise<Buffer> {
    const bytes = this.#sharedBytes(content);
    if (bytes === null) return this.#local.compress(content);
    const outcome = await this.#ask({ kind: 'compress', content: bytes });
    if (outcome.kind !== 'compressed') throw unexpected(outcome);
    return Buffer.from(bytes.memory, bytes.offset, outcome.length);
  }

  async prove(sealed: Buffer, key: Buffer, block: PackedBlock): Promise<void> {
    const bytes = this.#sharedBytes(sealed);
    if (bytes === null) return this.#local.prove(sealed, key, block);
    const outcome = await this.#ask({ kind: 'prove', key, idKey: this.#idKey, sealed: bytes, block });
    if (outcome.kind === 'proved') return;
    if (outcome.kind === 'changed') throw changedInMemory(block);
    if (outcome.kind !== 'damaged') throw unexpected(outcome);
    throw corruptObject(inMemory, outcome.reason, { offset: block.offset, length: block.storedLength });
  }

  async close(): Promise<void> {
    this.#fail(new LarderError('cancelled', 'the writer is closed'));
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  /** Where the bytes lie in shared memory; null where they do not, or where they are better left to this thread. */
  #sharedBytes({ buffer: memory, byteOffset: offset, length }: Buffer): SharedBytes | null {
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
    thread.waiting++;
    thread.worker.postMessage(request);
    return answered.promise.finally(() => thread.waiting--);
  }

  #start(): void {
    const count = Math.min(mostThreads, availableParallelism());
    for (let n = 0; n < count; n++) {
      const worker = new Worker(workerUrl, { resourceLimits: heapLimits, name: 'codec' });
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

function unexpected(outcome: CodecOutcome): LarderError {
  return new LarderError('internal', `a thread answered ${outcome.kind}: ${'reason' in outcome ? outcome.reason : ''}`);
}
