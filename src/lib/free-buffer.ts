/**
 * Gives the memory of a large buffer back now, not when the garbage collector comes by: megabytes that wait for it make it come often. Only for
 * whoever made the buffer and has given it to nobody; it must not be used any more. Small buffers share memory and are left alone.
 */
export function freeBuffer({ buffer: memory }: Buffer): void {
  if (memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize) memory.transfer(0);
}
