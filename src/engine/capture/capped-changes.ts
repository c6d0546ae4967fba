import { batchOfDocuments, documentLength } from '../../lib/raw-bson.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { applyUpdate } from '../../lib/apply-update.ts';
import type { Touch } from '../../mongo/oplog-entry.ts';
import { batchOfIds } from '../../mongo/raw-id.ts';
import type { IdKey } from '../../mongo/raw-id.ts';

/** Updates of documents that were stored before are kept in memory, of one collection up to so many bytes. */
const mostPatchBytes = 16 * 1024 * 1024;

/** What has to be stored of a collection's changes, in this order: what is gone, and what came, in the order in which it came. */
export interface CappedPortion {
  readonly removals: RawBatch;
  readonly documents: RawBatch;
}

/**
 * What the oplog says happened to a capped collection since it was scanned. Documents are taken whole from the entries, because no
 * server reads a capped collection at a cluster time (pitfalls S6); the order of the entries is that of the collection.
 */
export class CappedChanges {
  /** Bytes held in memory that can be stored: `takePortion` empties them. */
  pendingBytes = 0;
  /** True once something happened that the entries do not tell well enough: the collection must be scanned again. */
  unclear = false;
  /** Documents that came since the last portion, in order; and `_id`s of stored documents that went. */
  readonly #came = new Map<IdKey, Buffer>();
  readonly #went = new Set<IdKey>();
  /** Updates, in order, of documents that were stored before. */
  readonly #patches = new Map<IdKey, Buffer[]>();
  #patchBytes = 0;

  take({ id, write: { op, buffer, body } }: Touch): void {
    const content = Buffer.from(buffer.subarray(body, body + documentLength(buffer, body)));
    if (op === 'u') return this.#update(id, content);
    this.#forget(id);
    this.#went.delete(id);
    if (op === 'i') {
      this.#came.set(id, content);
      this.pendingBytes += content.length;
    } else {
      this.#went.add(id);
      this.pendingBytes += id.length;
    }
  }

  /** What came and went since it was last asked; null if nothing did. */
  takePortion(): CappedPortion | null {
    if (this.#came.size === 0 && this.#went.size === 0) return null;
    const portion = { removals: batchOfIds([...this.#went]), documents: batchOfDocuments([...this.#came.values()]) };
    this.#came.clear();
    this.#went.clear();
    this.pendingBytes = 0;
    return portion;
  }

  get hasPatches(): boolean {
    return this.#patches.size > 0;
  }

  /** A stored document as it is now; the same buffer where nothing updated it. */
  patched(id: IdKey, document: Buffer): Buffer {
    let result = document;
    for (const update of this.#patches.get(id) ?? []) {
      const next = applyUpdate(result, update);
      if (next === null) this.unclear = true;
      else result = next;
    }
    return result;
  }

  /** All stored documents have been stored again as they are now. */
  forgetPatches(): void {
    this.#patches.clear();
    this.#patchBytes = 0;
  }

  #update(id: IdKey, update: Buffer): void {
    const pending = this.#came.get(id);
    if (pending !== undefined) {
      const next = applyUpdate(pending, update);
      if (next === null) this.unclear = true;
      else {
        this.#came.set(id, next);
        this.pendingBytes += next.length - pending.length;
      }
      return;
    }
    const known = this.#patches.get(id);
    if (known === undefined) this.#patches.set(id, [update]);
    else known.push(update);
    this.#patchBytes += update.length + id.length;
    if (this.#patchBytes <= mostPatchBytes) return;
    this.unclear = true;
    this.forgetPatches();
  }

  #forget(id: IdKey): void {
    this.pendingBytes -= this.#came.get(id)?.length ?? 0;
    this.#came.delete(id);
    for (const update of this.#patches.get(id) ?? []) this.#patchBytes -= update.length + id.length;
    this.#patches.delete(id);
  }
}
