/** The polynomial of ECMA-182, bits reversed (CRC-64/XZ): high and low half. */
const polynomial = { high: 0xc96c5795, low: 0xd7870f42 } as const;

/** How many bytes are taken at a time; there is a table for each. */
const stride = 8;

interface Tables {
  /** `stride` tables of 256, one behind the other. */
  readonly high: Int32Array;
  readonly low: Int32Array;
}

/** Calculated at the first use: it costs a millisecond that most processes never need. */
let tables: Tables | null = null;

/** A CRC-64/XZ that grows with the data: the checksum of a collection in a mongodump archive. */
export class Crc64 {
  #high = -1;
  #low = -1;

  add(data: Uint8Array): void {
    const { high: h, low: l } = (tables ??= makeTables());
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    for (const end = data.length - stride; at <= end; at += stride) {
      const x = low ^ (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24));
      const y = high ^ (data[at + 4]! | (data[at + 5]! << 8) | (data[at + 6]! << 16) | (data[at + 7]! << 24));
      const a = 1792 + (x & 255);
      const b = 1536 + ((x >>> 8) & 255);
      const c = 1280 + ((x >>> 16) & 255);
      const d = 1024 + (x >>> 24);
      const e = 768 + (y & 255);
      const f = 512 + ((y >>> 8) & 255);
      const g = 256 + ((y >>> 16) & 255);
      const i = y >>> 24;
      high = h[a]! ^ h[b]! ^ h[c]! ^ h[d]! ^ h[e]! ^ h[f]! ^ h[g]! ^ h[i]!;
      low = l[a]! ^ l[b]! ^ l[c]! ^ l[d]! ^ l[e]! ^ l[f]! ^ l[g]! ^ l[i]!;
    }
    for (; at < data.length; at++) {
      const index = (low ^ data[at]!) & 255;
      low = ((low >>> 8) | (high << 24)) ^ l[index]!;
      high = (high >>> 8) ^ h[index]!;
    }
    this.#high = high;
    this.#low = low;
  }

  /** Of all that was added so far, as the signed number that BSON has room for. */
  value(): bigint {
    return BigInt.asIntN(64, (BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0));
  }
}

function makeTables(): Tables {
  const high = new Int32Array(stride * 256);
  const low = new Int32Array(stride * 256);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = (l & 1) === 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        h ^= polynomial.high;
        l ^= polynomial.low;
      }
    }
    high[byte] = h;
    low[byte] = l;
  }
  for (let n = 256; n < stride * 256; n++) {
    const h = high[n - 256]!;
    const l = low[n - 256]!;
    high[n] = (h >>> 8) ^ high[l & 255]!;
    low[n] = ((l >>> 8) | (h << 24)) ^ low[l & 255]!;
  }
  return { high, low };
}
