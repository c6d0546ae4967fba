const noBytes = Buffer.alloc(0);

/**
 * Makes strings of bytes that mostly are the same as the time before: comparing a few bytes is much cheaper than making
 * the string anew, as of the namespaces of an oplog, where most entries follow one of the same collection.
 */
export class LastText {
  readonly #encoding: BufferEncoding;
  #bytes = noBytes;
  #text = '';

  constructor(encoding: BufferEncoding) {
    this.#encoding = encoding;
  }

  /** The text of the bytes from `from` to `to`, as `toString` gives it. */
  of(buffer: Buffer, from: number, to: number): string {
    if (!this.#isLast(buffer, from, to)) {
      this.#bytes = Buffer.from(buffer.subarray(from, to));
      this.#text = buffer.toString(this.#encoding, from, to);
    }
    return this.#text;
  }

  #isLast(buffer: Buffer, from: number, to: number): boolean {
    const last = this.#bytes;
    if (to - from !== last.length) return false;
    for (let n = 0; n < last.length; n++) if (buffer[from + n] !== last[n]) return false;
    return true;
  }
}
