import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync, type ZstdOptions } from 'node:zlib';

const compressAsync = promisify(zstdCompress);
const decompressAsync = promisify(zstdDecompress);

/** The longest that a frame of so many bytes can be. */
export function frameBound(length: number): number {
  return length + (length >> 8) + 1024;
}

/** Room for the whole frame at once: only then does zstd work from the bytes where they are, without a window of its own. */
function compression(length: number): ZstdOptions {
  return {
    chunkSize: frameBound(length),
    pledgedSrcSize: length,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  };
}

function decompression(rawLength: number): ZstdOptions {
  return { chunkSize: Math.max(1024, rawLength + 64), maxOutputLength: rawLength + 1 };
}

function ofLength(raw: Buffer, rawLength: number): Buffer {
  if (raw.length !== rawLength) throw new RangeError(`unpacked to ${raw.length} bytes instead of ${rawLength}`);
  return raw;
}

/** One zstd frame of level 1, made on the thread pool. `bytes` must not change until it resolves. */
export function compress(bytes: Buffer): Promise<Buffer> {
  return compressAsync(bytes, compression(bytes.length));
}

/** The same frame, made by the calling thread. */
export function compressHere(bytes: Buffer): Buffer {
  return zstdCompressSync(bytes, compression(bytes.length));
}

/** Unpacks one zstd frame of exactly `rawLength` bytes; throws a RangeError or an error of zlib if it holds anything else. */
export async function decompress(frame: Buffer, rawLength: number): Promise<Buffer> {
  return ofLength(await decompressAsync(frame, decompression(rawLength)), rawLength);
}

/** As `decompress`, by the calling thread. */
export function decompressHere(frame: Buffer, rawLength: number): Buffer {
  return ofLength(zstdDecompressSync(frame, decompression(rawLength)), rawLength);
}
