import type { ClusterTime, OpTime } from '../../core/image.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';

interface SourceOptions {
  readonly signal?: AbortSignal;
}

/** Where raw oplog entries come from: an archive, or a server's own oplog. */
export interface ReplaySource {
  /** The entries later than `after` up to and including `until`, in order and without a gap; whatever is missing is thrown. */
  entries(after: OpTime, until: ClusterTime, options?: SourceOptions): AsyncIterable<RawBatch>;
  /** The entry at exactly this time, or null if it is not to be had. */
  entryAt(time: ClusterTime, options?: SourceOptions): Promise<Buffer | null>;
}
