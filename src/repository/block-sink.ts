import type { BlockCodec } from './block-codec.ts';
import { blockId, type BlockFacts } from './block.ts';
import type { BlockIndex, BlockLocation } from './block-index.ts';
import type { CutBlock } from './block-cutter.ts';
import { Gate } from './gate.ts';
import type { PackSink, PlacedBlock } from './pack-sink.ts';
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

/** Turns cut blocks into stored ones: finds those that are stored already, compresses, packs, proves; bounded in flight. */
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

  /** Settles `stored`; resolves once the block is proved and has its place, or needs none. */
  async #take(block: CutBlock, stored: PromiseWithResolvers<StoredBlock>): Promise<void> {
    let facts: BlockFacts;
    try {
      facts = factsOf(block, await this.#codec.identify(block.kind, block.content));
    } catch (error) {
      block.release();
      throw error;
    }
    const known = this.#index.find(facts.id);
    const own = this.#own.get(nameOf(facts));
    if (known === null && own === undefined) {
      const placed = Promise.withResolvers<void>();
      this.#own.set(nameOf(facts), { stored: stored.promise, placed: placed.promise });
      return this.#store(block, facts, stored).finally(placed.resolve);
    }
    this.#counters.blocksReused++;
    block.release();
    if (known !== null) stored.resolve({ facts, location: known });
    else {
      stored.resolve(own!.stored);
      await own!.placed;
    }
  }

  async #store(block: CutBlock, facts: BlockFacts, stored: PromiseWithResolvers<StoredBlock>): Promise<void> {
    this.#counters.blocksStored++;
    let placed: PlacedBlock;
    try {
      placed = await this.#packs.place(facts, await this.#codec.compress(block.content));
    } finally {
      block.release();
    }
    stored.resolve(placed.location.then((location) => ({ facts, location })));
    await placed.checked;
  }
}

function factsOf({ kind, content, count }: CutBlock, id: Buffer): BlockFacts {
  return { kind, rawLength: content.length, count, id };
}

function nameOf({ id }: BlockFacts): string {
  return id.toString('latin1');
}
