import { LarderError } from '../../core/errors.ts';

/** Reads a stream by exact lengths, and holds no more of it than what was asked for and the piece that came last. */
export class ByteReader {
  /** Bytes taken so far. */
  position = 0;
  readonly #pieces: AsyncIterator<Buffer>;
  /** What came and was not taken yet. */
  #held: Buffer[] = [];
  #length = 0;
  #ended = false;

  constructor(input: AsyncIterable<Buffer>) {
    this.#pieces = input[Symbol.asyncIterator]();
  }

  async isAtEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#length === 0;
  }

  /** The next bytes, which stay; `invalid-archive` saying that it ends within `of` if there are fewer. */
  async peek(length: number, of: string): Promise<Buffer> {
    await this.#need(length, of);
    const [first] = this.#held;
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const joined = Buffer.concat(this.#held);
    this.#held = [joined];
    return joined.subarray(0, length);
  }

  /** The next bytes. */
  async take(length: number, of: string): Promise<Buffer> {
    await this.#need(length, of);
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const first = this.#held[0]!;
      if (first.length > missing) {
        taken.push(first.subarray(0, missing));
        this.#held[0] = first.subarray(missing);
        break;
      }
      taken.push(first);
      missing -= first.length;
      this.#held.shift();
    }
    this.#length -= length;
    this.position += length;
    return taken.length === 1 ? taken[0]! : Buffer.concat(taken, length);
  }

  async #need(length: number, of: string): Promise<void> {
    await this.#fill(length);
    if (this.#length >= length) return;
    const offset = this.position + this.#length;
    throw new LarderError('invalid-archive', `The archive cannot be read: it ends within ${of} (at byte ${offset}).`, {
      details: { offset },
    });
  }

  async #fill(length: number): Promise<void> {
    while (this.#length < length && !this.#ended) {
      const { value, done } = await this.#pieces.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) {
        this.#held.push(value);
        this.#length += value.length;
      }
    }
  }
}
