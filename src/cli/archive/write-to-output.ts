import type { Output } from '../command-io.ts';

/** Writes bytes where results go, no faster than they are taken. */
export async function writeToOutput(output: Output, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (output.write(piece) !== false || output.once === undefined) continue;
    const { promise, resolve } = Promise.withResolvers<void>();
    output.once('drain', resolve);
    await promise;
  }
}
