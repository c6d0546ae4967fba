import type { ProvedFrame } from './block-codec.ts';
import type { BlockFacts, PackedBlock } from './block.ts';
import type { BlockLocation } from './block-index.ts';
import { BufferPool } from './buffer-pool.ts';
import { packTarget } from './format.ts';
import { Gate } from './gate.ts';
import type { PackRef } from './layer-list.ts';
import { PackBuilder } from './pack-builder.ts';
import type { ProjectContext } from './project-context.ts';

/** One pack is filled while another one is uploaded. */
const packsAlive = 2;

/** A pack being filled or uploaded. `stored` resolves once it is durable. */
interface OpenPack {
  readonly builder: PackBuilder;
  readonly buffer: Buffer;
  readonly stored: PromiseWithResolvers<PackRef>;
}

/** Puts blocks into packs and packs into the store. What fails once fails for every block in the pack. */
export class PackSink {
  readonly #context: ProjectContext;
  readonly #signal: AbortSignal;
  readonly #onStored: (pack: PackRef, blocks: readonly PackedBlock[]) => void;
  readonly #gate = new Gate(packsAlive);
  readonly #pool = new BufferPool([{ length: packTarget, idle: packsAlive }]);
  readonly #uploads = new Set<Promise<void>>();
  #current: OpenPack | null = null;
  #opening: Promise<void> | null = null;

  /** `onStored` is told of every pack that is durable. */
  constructor(context: ProjectContext, signal: AbortSignal, onStored: (pack: PackRef, blocks: readonly PackedBlock[]) => void) {
    this.#context = context;
    this.#signal = signal;
    this.#onStored = onStored;
  }

  /** Waits until a pack has room and seals the compressed block into it. `location` resolves once the pack is durable. */
  async place(facts: Omit<BlockFacts, 'id'>, proved: ProvedFrame): Promise<{ readonly location: Promise<BlockLocation> }> {
    const { frame } = proved;
    while (this.#current === null || !this.#current.builder.fits(frame.length)) {
      if (this.#current !== null) this.#upload(this.#current);
      this.#opening ??= this.#open(PackBuilder.lengthFor(frame.length)).finally(() => {
        this.#opening = null;
      });
      await this.#opening;
    }
    const pack = this.#current;
    const { ordinal, offset, storedLength } = pack.builder.add(facts, proved);
    const location = pack.stored.promise.then((ref) => ({ pack: ref, ordinal, offset, storedLength }));
    location.catch(() => undefined); // heard by whoever needs it
    return { location };
  }

  /** Uploads what is begun; resolves when every pack is durable, rejects if one could not be. */
  async flush(): Promise<void> {
    if (this.#current !== null) this.#upload(this.#current);
    await Promise.all(this.#uploads);
  }

  async #open(length: number): Promise<void> {
    await this.#gate.enter(1, this.#signal);
    const buffer = this.#pool.take(length);
    const stored = Promise.withResolvers<PackRef>();
    stored.promise.catch(() => undefined); // an empty pack has nobody to hear it
    this.#current = { builder: new PackBuilder(this.#context.keys, buffer), buffer, stored };
  }

  #upload(pack: OpenPack): void {
    this.#current = null;
    const upload = this.#store(pack).then(pack.stored.resolve, (error: unknown) => {
      pack.stored.reject(error);
      throw error;
    });
    this.#uploads.add(upload);
    upload.then(() => this.#uploads.delete(upload)).catch(() => undefined); // a failed one stays, for flush to throw
  }

  async #store(pack: OpenPack): Promise<PackRef> {
    try {
      const { bytes, pack: ref } = pack.builder.finish(false);
      await this.#context.store.put(this.#context.names.pack(ref.name), bytes, { signal: this.#signal });
      this.#onStored(ref, pack.builder.blocks);
      return ref;
    } finally {
      this.#pool.give(pack.buffer);
      this.#gate.leave(1);
    }
  }
}
