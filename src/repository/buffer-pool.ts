/** Buffers of one size that are used again, since allocating megabytes for each block would keep the garbage collector busy. */
export class BufferPool {
  readonly #length: number;
  readonly #most: number;
  readonly #free: Buffer[] = [];

  /** Keeps at most `most` idle buffers of `length` bytes. */
  constructor(length: number, most: number) {
    this.#length = length;
    this.#most = most;
  }

  /** A buffer of at least `length` bytes with arbitrary content. */
  take(length: number): Buffer {
    if (length > this.#length) return Buffer.allocUnsafeSlow(length);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#length);
  }

  /** Gives a buffer back; it must not be used any more. */
  give(buffer: Buffer): void {
    if (buffer.length === this.#length && this.#free.length < this.#most) this.#free.push(buffer);
  }
}
