import type { ClusterTime } from './image.ts';
import { formatPoint } from './oplog-archive.ts';

/** Whatever an entry that is a part of a transaction means to the reader, and where the part before it lies. */
interface Chained {
  /** null: it is the first. */
  readonly previous: ClusterTime | null;
}

/** A part and the time of its entry. */
export interface TransactionPart<Part> {
  readonly at: ClusterTime;
  readonly part: Part;
}

/** Parts of transactions whose end has not been seen: they take effect with the entry that ends them, or not at all (pitfalls E5-E8). */
export class TransactionParts<Part extends Chained> {
  readonly #parts = new Map<string, TransactionPart<Part>>();

  note(at: ClusterTime, part: Part): void {
    this.#parts.set(formatPoint(at), { at, part });
  }

  /** Of all parts that are noted, in no order. */
  times(): readonly ClusterTime[] {
    return [...this.#parts.values()].map(({ at }) => at);
  }

  /**
   * The parts of the transaction whose last one is at `last`, oldest first. `find` is asked for each, with what was noted of it or null, and
   * answers null where it cannot be had: then the transaction is told of from there on. They are forgotten once all were found;
   * what `find` throws passes through, and then all of them stay.
   */
  async complete(
    last: ClusterTime | null,
    find: (at: ClusterTime, noted: Part | null) => Part | null | Promise<Part | null>,
  ): Promise<readonly TransactionPart<Part>[]> {
    const found: TransactionPart<Part>[] = [];
    for (let at = last; at !== null;) {
      const part: Part | null = await find(at, this.#parts.get(formatPoint(at))?.part ?? null);
      if (part !== null) found.unshift({ at, part });
      at = part?.previous ?? null;
    }
    for (const { at } of found) this.#parts.delete(formatPoint(at));
    return found;
  }

  /** The transaction was aborted, or what it did is there already. */
  forget(last: ClusterTime | null): void {
    for (let at = last; at !== null;) {
      const key = formatPoint(at);
      at = this.#parts.get(key)?.part.previous ?? null;
      this.#parts.delete(key);
    }
  }
}
