import type { PackedBlock } from './block.ts';

/** Bytes in memory that both threads see. */
export interface SharedBytes {
  readonly memory: SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
}

/** What a codec thread is asked to do. */
export type CodecWork =
  | { readonly kind: 'identify'; readonly key: Uint8Array; readonly blockKind: number; readonly content: SharedBytes }
  /** The frame takes the place of the content. */
  | { readonly kind: 'compress'; readonly content: SharedBytes }
  | {
      readonly kind: 'prove';
      readonly key: Uint8Array;
      readonly idKey: Uint8Array;
      readonly sealed: SharedBytes;
      readonly block: PackedBlock;
    };

/** Work under a number that its answer repeats. */
export interface CodecRequest {
  readonly number: number;
  readonly work: CodecWork;
}

/** What became of it. `changed`: the block is not what it was; `damaged`: it cannot even be opened, and why. */
export type CodecOutcome =
  | { readonly kind: 'identified'; readonly id: Uint8Array }
  | { readonly kind: 'compressed'; readonly length: number }
  | { readonly kind: 'proved' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'damaged'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface CodecAnswer {
  readonly number: number;
  readonly outcome: CodecOutcome;
}
