import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { LarderError } from '../../core/errors.ts';

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const unpackedPiece = 256 * 1024;

/** The archive itself, whether it comes compressed (gzip) or not. `invalid-archive` where the compression is damaged. */
export async function* unpacked(input: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const pieces = input[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < gzipMagic.length) {
    const { value, done } = await pieces.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  const whole = beginningWith(head, pieces);
  if (head.subarray(0, gzipMagic.length).equals(gzipMagic)) yield* gunzipped(whole);
  else yield* whole;
}

async function* beginningWith(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield head;
  for (;;) {
    const { value, done } = await rest.next();
    if (done === true) return;
    yield value;
  }
}

async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: unpackedPiece });
  const fed = pipeline(packed, gunzip);
  // Whatever it fails with ends the decompressor too, and is thrown by reading from that.
  fed.catch(() => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new LarderError(
      'invalid-archive',
      `The archive cannot be read: its compression is damaged or cut short (${error.code}).`,
      {
        cause: error,
      },
    );
  } finally {
    gunzip.destroy();
  }
}

function isZlibError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
