/** Buffers of one length that are kept for use again. */
export interface PooledLength {
  readonly length: number;
  /** Idle ones worth keeping. */
  readonly idle: number;
}

/**
 * Buffers of a few lengths that are used again, since allocating megabytes for each block would keep the garbage collector busy. They
 * lie in memory that threads share, so that one can work on what another has put there without a copy.
 */
export class BufferPool {
  readonly #classes: readonly (PooledLength & { readonly free: Buffer[] })[];

  constructor(lengths: readonly PooledLength[]) {
    this.#classes = lengths.toSorted((a, b) => a.length - b.length).map((each) => ({ ...each, free: [] }));
  }

  /** A buffer of at least `length` bytes with arbitrary content. */
  take(length: number): Buffer {
    const fitting = this.#classes.find((each) => each.length >= length);
    return fitting?.free.pop() ?? Buffer.from(new SharedArrayBuffer(fitting?.length ?? length));
  }

  /** Gives a buffer back; it must not be used any more. */
  give(buffer: Buffer): void {
    const own = this.#classes.find((each) => each.length === buffer.length);
    if (own !== undefined && own.free.length < own.idle) own.free.push(buffer);
  }
}
