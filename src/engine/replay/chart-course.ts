import { LarderError } from '../../core/errors.ts';
import { compareClusterTime } from '../../core/image.ts';
import type { ClusterTime, Manifest, OpTime } from '../../core/image.ts';
import { formatPoint } from '../../core/oplog-archive.ts';
import { TransactionParts } from '../../core/transaction-parts.ts';
import { readReplayEntry } from '../../mongo/replay-entry.ts';
import type { OplogItem, ReplayMeaning } from '../../mongo/replay-entry.ts';
import { DefinitionsModel } from './definitions-model.ts';
import type { WriteTally } from './definitions-model.ts';
import { imageOf } from './image-of-model.ts';
import type { ReplaySource } from './replay-source.ts';

/** What lies between an image and a later point, as far as it must be known before the first document is written. */
export interface Course {
  readonly base: Manifest;
  readonly until: ClusterTime;
  /**
   * The image of the later point: definitions as they are then, and of each collection (its UUID tells which one that is) the layers
   * of the base, to which the writes in between are still to be added. Document counts are those that come of these.
   */
  readonly image: Manifest;
  /** Entries that are parts of transactions and take effect: those of others, aborted or not ended by then, do not. */
  readonly effective: ReadonlySet<string>;
  /** Such parts that lie before the base, in order. */
  readonly earlier: readonly ClusterTime[];
  /** What is written to each collection of the image, by UUID. */
  readonly growth: ReadonlyMap<string, Growth>;
  readonly entries: number;
  /** BSON bytes of those entries. */
  readonly bytes: number;
}

/** What entries do to one collection. */
export interface Growth {
  /** By how many documents it grows; negative where it shrinks. */
  readonly documents: number;
  readonly writes: number;
  /** Of those writes, raw. */
  readonly bytes: number;
}

/** A part of a transaction whose end has not been seen. */
interface Part {
  readonly tallies: ReadonlyMap<string, WriteTally>;
  /** Changes of definitions, views included. */
  readonly definitions: readonly OplogItem[];
  readonly previous: ClusterTime | null;
}

/**
 * Reads everything from the base to `until` once and writes nothing. Whatever stands against replaying it is found here: a gap, a
 * damaged segment, an entry that is not known (`not-replayable`; with the detail `olderBase` where only this base is unfit).
 */
export async function chartCourse(
  base: Manifest,
  source: ReplaySource,
  until: ClusterTime,
  signal: AbortSignal,
): Promise<Course> {
  const surveyor = new Surveyor(base, source, signal);
  const after: OpTime = { ...base.clusterTime, term: base.term };
  let entries = 0;
  let bytes = 0;
  for await (const { buffer, starts, count } of source.entries(after, until, { signal })) {
    for (let n = 0; n < count; n++) {
      const start = starts[n]!;
      const { time, meaning } = readReplayEntry(buffer, start);
      entries++;
      bytes += buffer.readInt32LE(start);
      await surveyor.take(time, meaning);
    }
  }
  const { model, effective, earlier } = surveyor;
  model.refuseForeign();
  const image = imageOf(model, base, until);
  const grown = image.collections.map(({ uuid }) => model.collections.get(uuid)!);
  const growth = new Map(grown.map(({ uuid, delta, writes, bytes: size }) => [uuid, { documents: delta, writes, bytes: size }]));
  return { base, until, image, effective, earlier, growth, entries, bytes };
}

class Surveyor {
  readonly model: DefinitionsModel;
  readonly effective = new Set<string>();
  readonly earlier: ClusterTime[] = [];
  readonly #base: Manifest;
  readonly #source: ReplaySource;
  readonly #signal: AbortSignal;
  readonly #parts = new TransactionParts<Part>();

  constructor(base: Manifest, source: ReplaySource, signal: AbortSignal) {
    this.model = new DefinitionsModel(base);
    this.#base = base;
    this.#source = source;
    this.#signal = signal;
  }

  async take(time: ClusterTime, meaning: ReplayMeaning): Promise<void> {
    switch (meaning.kind) {
      case 'nothing':
        return;
      case 'whole':
        if (meaning.previous !== null) await this.#complete(meaning.previous);
        for (const item of meaning.items) this.#act(item);
        return;
      case 'part':
        return this.#parts.note(time, partOf(meaning.items, meaning.previous));
      case 'commit':
        // As of a time that the image has reached, it holds the transaction already.
        if (compareClusterTime(meaning.at, this.#base.clusterTime) <= 0) this.#parts.forget(meaning.previous);
        else await this.#complete(meaning.previous);
        return;
      case 'abort':
        return this.#parts.forget(meaning.previous);
    }
  }

  /** A transaction took effect: so do its earlier entries, those before the base included (pitfalls E7, E8). */
  async #complete(last: ClusterTime | null): Promise<void> {
    const chain = await this.#parts.complete(last, (at, noted) => noted ?? this.#readPart(at));
    for (const { at, part } of chain) {
      if (compareClusterTime(at, this.#base.clusterTime) <= 0) this.earlier.push(at);
      this.effective.add(formatPoint(at));
      // Definitions first: a transaction may have made what it writes to.
      for (const item of part.definitions) this.#act(item);
      for (const [uuid, tally] of part.tallies) this.model.account(uuid, tally);
    }
  }

  async #readPart(at: ClusterTime): Promise<Part> {
    const raw = await this.#source.entryAt(at, { signal: this.#signal });
    const meaning = raw === null ? null : readReplayEntry(raw, 0).meaning;
    if (meaning?.kind !== 'part') {
      throw new LarderError('not-replayable', `A transaction began with the entry ${formatPoint(at)}, which is not archived.`, {
        details: { olderBase: true },
      });
    }
    return partOf(meaning.items, meaning.previous);
  }

  #act(item: OplogItem): void {
    if ('write' in item) this.model.write(item.write);
    else this.model.command(item.command);
  }
}

function partOf(items: readonly OplogItem[], previous: ClusterTime | null): Part {
  const tallies = new Map<string, WriteTally>();
  const definitions: OplogItem[] = [];
  for (const item of items) {
    if ('command' in item) definitions.push({ command: { ...item.command, body: Buffer.from(item.command.body) } });
    else {
      const { op, ns, uuid, body } = item.write;
      if (ns.endsWith('.system.views')) {
        definitions.push({ write: { ...item.write, body: Buffer.from(body) } });
        continue;
      }
      const known = tallies.get(uuid) ?? { delta: 0, writes: 0, bytes: 0 };
      const delta = known.delta + (op === 'insert' ? 1 : op === 'delete' ? -1 : 0);
      tallies.set(uuid, { ns, delta, writes: known.writes + 1, bytes: known.bytes + body.length });
    }
  }
  return { tallies, definitions, previous };
}
