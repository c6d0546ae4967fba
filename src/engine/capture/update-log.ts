import type { RawBatch } from '../../lib/raw-bson.ts';
import { updateLength, writeUpdate, type IdKey } from '../../mongo/raw-id.ts';

const firstRoom = 4096;

/** Updates one behind the other in one buffer, in the form that a layer takes them: no object is kept for any of them. */
export class UpdateLog {
  #buffer = Buffer.alloc(0);
  #length = 0;

  /** Bytes kept. */
  get length(): number {
    return this.#length;
  }

  /** Keeps an update that lies from `from` to `to` in `source`, and says where. */
  append(id: IdKey, source: Buffer, from: number, to: number): number {
    const at = this.#length;
    const end = at + updateLength(id, to - from);
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(firstRoom, end, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    writeUpdate(this.#buffer, at, id, source, from, to);
    this.#length = end;
    return at;
  }

  /** Those that lie there. */
  batch(places: readonly number[]): RawBatch {
    return { buffer: this.#buffer.subarray(0, this.#length), starts: Uint32Array.from(places), count: places.length };
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
  }
}
