import { applyUpdate } from '../lib/apply-update.ts';
import { batchOfDocuments, documentLength, findElement, type RawBatch, type RawElement } from '../lib/raw-bson.ts';
import { corruptObject } from './corrupt-object.ts';
import { findIdentity } from './document-identity.ts';
import { IdentityMap } from './identity-map.ts';

/** Updated documents are handed out together, once they have so many bytes. */
const batchBytes = 256 * 1024;

/** In the map: a newer layer wrote, removed or already handed out the document. Any other number is that of an update. */
const superseded = 0;

/** An update that waits for the document that it changes. */
interface Waiting {
  readonly content: Buffer;
  readonly start: number;
  /** Number of the next newer update of the same document; 0 if this is the newest. */
  readonly newer: number;
}

/**
 * While an image is read from its newest layer to its oldest: which `_id`s were touched so far, and how. Tells of what comes whether it
 * counts, and updates documents that have been waited for.
 */
export class TouchedIdentities {
  readonly #map = new IdentityMap();
  /** By number; 0 is none. */
  readonly #updates: (Waiting | null)[] = [null];
  #missing = 0;
  #ready: Buffer[] = [];
  #readyBytes = 0;

  /** Documents that have been updated and not been met so far. */
  get missing(): number {
    return this.#missing;
  }

  /** Takes the updates of a block, which is older than whatever was taken before, from the last to the first. */
  takeUpdates(content: Buffer, starts: Uint32Array, object: string): void {
    for (let n = starts.length - 1; n >= 0; n--) {
      const start = starts[n]!;
      const identity = findIdentity(content, start);
      if (identity === null) throw corruptObject(object, 'an update does not name its document');
      const newer = this.#map.get(content, identity);
      if (newer === superseded) continue;
      this.#map.set(content, identity, this.#updates.push({ content, start, newer: newer ?? 0 }) - 1);
      if (newer === undefined) this.#missing++;
    }
  }

  /**
   * Takes the documents or removals of a block likewise, and gives the offsets of those that count as they are. They are remembered where
   * older layers follow, or removals within the same.
   */
  take(content: Buffer, starts: Uint32Array, of: { isRemoval: boolean; remember: boolean; object: string }): Uint32Array {
    let kept = starts.length;
    for (let n = starts.length - 1; n >= 0; n--) {
      const start = starts[n]!;
      const identity = findIdentity(content, start);
      // A document without _id cannot be superseded.
      if (identity === null || this.#isLive(content, start, identity, of)) starts[--kept] = start;
    }
    return starts.subarray(kept);
  }

  /** The documents that were updated, once they are enough for a batch, or anyway; null if there are none. */
  takeReady(anyway: boolean): RawBatch | null {
    if (this.#ready.length === 0 || (!anyway && this.#readyBytes < batchBytes)) return null;
    const batch = batchOfDocuments(this.#ready);
    this.#ready = [];
    this.#readyBytes = 0;
    return batch;
  }

  #isLive(
    content: Buffer,
    start: number,
    identity: RawElement,
    { isRemoval, remember, object }: { isRemoval: boolean; remember: boolean; object: string },
  ): boolean {
    const touched = remember ? this.#map.set(content, identity, superseded) : this.#map.get(content, identity);
    if (touched === undefined) return true;
    if (touched === superseded) return false;
    if (isRemoval) throw corruptObject(object, 'it removes a document that a newer layer updates');
    if (!remember) this.#map.set(content, identity, superseded);
    this.#missing--;
    const document = this.#updated(content.subarray(start, start + documentLength(content, start)), touched, object);
    this.#ready.push(document);
    this.#readyBytes += document.length;
    return false;
  }

  /** The document after its updates, the oldest of which has this number. */
  #updated(document: Buffer, oldest: number, object: string): Buffer {
    let result: Buffer | null = document;
    for (let number = oldest; number !== 0 && result !== null;) {
      const { content, start, newer }: Waiting = this.#updates[number]!;
      this.#updates[number] = null;
      const update: RawElement | null = findElement(content, start, 'o');
      result = update === null ? null : applyUpdate(result, content.subarray(update.value, update.end));
      number = newer;
    }
    if (result === null) throw corruptObject(object, 'a document is updated in a way not known here');
    return result;
  }
}
