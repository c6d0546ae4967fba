import { changedInMemory, type BlockCodec, type ProvedFrame } from './block-codec.ts';
import { blockId, type BlockFacts } from './block.ts';
import type { BlockIndex, BlockLocation } from './block-index.ts';
import type { CutBlock } from './block-cutter.ts';
import { Gate } from './gate.ts';
import type { PackSink } from './pack-sink.ts';
import type { ProjectContext } from './project-context.ts';

/** Raw bytes of blocks between cutting and proving. A few blocks of mean size: enough for both cores, little memory. */
const bytesInFlight = 6 * 1024 * 1024;
const leastWeight = bytesInFlight / 4;

/** A stored block. */
export interface StoredBlock {
  readonly facts: BlockFacts;
  readonly location: BlockLocation;
}

/** A block on its way. */
export interface SubmittedBlock {
  /** Resolves once it is durable, and rejects if it cannot be stored. */
  readonly stored: Promise<StoredBlock>;
  /** Resolves once the block has its place in a pack that the next flush uploads, or failed. */
  readonly placed: Promise<void>;
}

/** Counters that the writer shows. */
export interface BlockCounters {
  rawBytes: number;
  bytesStored: number;
  blocksStored: number;
  blocksReused: number;
}

/** Turns cut blocks into stored ones: finds those that are stored already, compresses, proves, packs; bounded in flight. */
export class BlockSink {
  readonly #context: ProjectContext;
  readonly #codec: BlockCodec;
  readonly #index: BlockIndex;
  readonly #packs: PackSink;
  readonly #counters: BlockCounters;
  readonly #signal: AbortSignal;
  readonly #gate = new Gate(bytesInFlight);
  /** Blocks of this writer that are in no index yet, by id. */
  readonly #own = new Map<string, SubmittedBlock>();
  /**
   * Whether the last block was new: then the next one is expected to be, too, and is compressed at once, which tells its id as well. Else
   * it is identified first, so that data which is stored already costs no more than that.
   */
  #expectsNew: boolean;

  constructor(
    context: ProjectContext,
    codec: BlockCodec,
    index: BlockIndex,
    packs: PackSink,
    counters: BlockCounters,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#codec = codec;
    this.#index = index;
    this.#packs = packs;
    this.#counters = counters;
    this.#signal = signal;
    this.#expectsNew = index.size === 0;
  }

  /** The facts of a small block and, if it is stored already, where. Counts it as reused if so. */
  recognise(block: CutBlock): { readonly facts: BlockFacts; readonly known: BlockLocation | null } {
    const facts = factsOf(block, blockId(this.#context.keys.blockId, block.kind, block.content));
    const known = this.#index.find(facts.id);
    this.#counters.rawBytes += block.content.length;
    if (known !== null) this.#counters.blocksReused++;
    return { facts, known };
  }

  /** Resolves when the block is admitted; its content belongs to the sink from then on. */
  async submit(block: CutBlock): Promise<SubmittedBlock> {
    const weight = Math.max(block.content.length, leastWeight);
    await this.#gate.enter(weight, this.#signal);
    this.#counters.rawBytes += block.content.length;
    const stored = Promise.withResolvers<StoredBlock>();
    stored.promise.catch(() => undefined); // heard by the layer
    const placed = this.#take(block, stored)
      .catch((error: unknown) => stored.reject(error))
      .finally(() => this.#gate.leave(weight));
    return { stored: stored.promise, placed };
  }

  /** The block is in the index from now on. */
  forget(facts: BlockFacts): void {
    this.#own.delete(nameOf(facts));
  }

  /** Settles `stored`; resolves once the block has its place, or needs none. */
  async #take(block: CutBlock, stored: PromiseWithResolvers<StoredBlock>): Promise<void> {
    try {
      const { kind, content } = block;
      const proved = this.#expectsNew ? await this.#codec.compress(kind, content) : null;
      const facts = factsOf(block, proved?.id ?? (await this.#codec.identify(kind, content)));
      const known = this.#index.find(facts.id);
      const own = this.#own.get(nameOf(facts));
      const isNew = known === null && own === undefined;
      this.#expectsNew = isNew;
      if (isNew) return await this.#store(block, facts, proved, stored);
      this.#counters.blocksReused++;
      if (known !== null) stored.resolve({ facts, location: known });
      else {
        stored.resolve(own!.stored);
        await own!.placed;
      }
    } finally {
      block.release();
    }
  }

  async #store(
    block: CutBlock,
    facts: BlockFacts,
    proved: ProvedFrame | null,
    stored: PromiseWithResolvers<StoredBlock>,
  ): Promise<void> {
    const placed = Promise.withResolvers<void>();
    this.#own.set(nameOf(facts), { stored: stored.promise, placed: placed.promise });
    this.#counters.blocksStored++;
    try {
      const ready = proved ?? (await this.#codec.compress(block.kind, block.content));
      // What was identified before may have changed since.
      if (!ready.id.equals(facts.id)) throw changedInMemory(facts.rawLength);
      const { location } = await this.#packs.place(facts, ready);
      stored.resolve(location.then((where) => ({ facts, location: where })));
    } finally {
      placed.resolve();
    }
  }
}

function factsOf({ kind, content, count }: CutBlock, id: Buffer): BlockFacts {
  return { kind, rawLength: content.length, count, id };
}

function nameOf({ id }: BlockFacts): string {
  return id.toString('latin1');
}
