/** Bytes in memory that both threads see. */
export interface SharedBytes {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

/** What a codec thread is asked to do. `compress`: the frame takes the place of the content. */
export interface CodecWork {
  readonly kind: 'identify' | 'compress';
  readonly blockKind: number;
  readonly content: SharedBytes;
}

/** Work under a number that its answer repeats. */
export interface CodecRequest {
  readonly number: number;
  readonly work: CodecWork;
}

/** What became of it. `changed`: what was compressed does not unpack to the content. */
export type CodecOutcome =
  | { readonly kind: 'identified'; readonly id: Uint8Array }
  | { readonly kind: 'compressed'; readonly id: Uint8Array; readonly length: number; readonly checksum: number }
  | { readonly kind: 'changed' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface CodecAnswer {
  readonly number: number;
  readonly outcome: CodecOutcome;
}
