import { blockId, type BlockFacts } from './block.ts';
import type { BlockIndex, BlockLocation } from './block-index.ts';
import type { CutBlock } from './block-cutter.ts';
import { Gate } from './gate.ts';
import type { PackSink } from './pack-sink.ts';
import type { ProjectContext } from './project-context.ts';
import { compress } from './zstd.ts';

/** Raw bytes of blocks between cutting and proving. A few blocks of mean size: enough for both cores, little memory. */
const bytesInFlight = 6 * 1024 * 1024;
const leastWeight = bytesInFlight / 4;

/** A block on its way. `location` resolves once it is durable, and rejects if it cannot be stored. */
export interface SubmittedBlock {
  readonly facts: BlockFacts;
  readonly location: Promise<BlockLocation>;
  /** True once the block has its place in a pack that the next flush uploads, or failed. */
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
  readonly #index: BlockIndex;
  readonly #packs: PackSink;
  readonly #counters: BlockCounters;
  readonly #signal: AbortSignal;
  readonly #gate = new Gate(bytesInFlight);
  /** Blocks of this writer that are in no index yet, by id. */
  readonly #own = new Map<string, SubmittedBlock>();

  constructor(context: ProjectContext, index: BlockIndex, packs: PackSink, counters: BlockCounters, signal: AbortSignal) {
    this.#context = context;
    this.#index = index;
    this.#packs = packs;
    this.#counters = counters;
    this.#signal = signal;
  }

  /** The facts of a block and, if it is stored already, where. Counts it as reused if so. */
  recognise(block: CutBlock): { readonly facts: BlockFacts; readonly known: BlockLocation | null } {
    const id = blockId(this.#context.keys.blockId, block.kind, block.content);
    const facts: BlockFacts = { kind: block.kind, rawLength: block.content.length, count: block.count, id };
    const known = this.#index.find(id);
    this.#counters.rawBytes += block.content.length;
    if (known !== null) this.#counters.blocksReused++;
    return { facts, known };
  }

  /** Resolves when the block is admitted; its content belongs to the sink from then on. */
  async submit(block: CutBlock): Promise<SubmittedBlock> {
    const { facts, known } = this.recognise(block);
    if (known !== null) {
      block.release();
      return { facts, location: Promise.resolve(known), placed: Promise.resolve() };
    }
    const name = facts.id.toString('latin1');
    const own = this.#own.get(name);
    if (own !== undefined) {
      this.#counters.blocksReused++;
      block.release();
      return own;
    }
    // Entered in the map before anything is awaited: the same block of another layer finds it.
    const weight = Math.max(block.content.length, leastWeight);
    const admitted = this.#gate.enter(weight, this.#signal);
    const location = Promise.withResolvers<BlockLocation>();
    const placed = admitted
      .then(() => this.#store(block, facts, weight, location))
      .catch((error: unknown) => location.reject(error));
    const submitted: SubmittedBlock = { facts, location: location.promise, placed };
    location.promise.catch(() => undefined); // heard by the layer
    this.#own.set(name, submitted);
    this.#counters.blocksStored++;
    await admitted;
    return submitted;
  }

  /** The block is in the index from now on. */
  forget(facts: BlockFacts): void {
    this.#own.delete(facts.id.toString('latin1'));
  }

  async #store(block: CutBlock, facts: BlockFacts, weight: number, location: PromiseWithResolvers<BlockLocation>): Promise<void> {
    const frame = await compress(block.content).finally(block.release);
    try {
      const placed = await this.#packs.place(facts, frame);
      location.resolve(placed.location);
      await placed.checked;
    } finally {
      this.#gate.leave(weight);
    }
  }
}
