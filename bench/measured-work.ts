import type { MongoClient } from 'mongodb';
import type { ClusterTime } from '../src/core/image.ts';
import type { CaptureSummary, RestoreSummary } from '../src/engine/tasks.ts';

/** A collection of a server, and a folder for what is made of it. */
interface Place {
  readonly uri: string;
  readonly db: string;
  readonly collection: string;
  readonly folder: string;
}

/** Everything that is measured in a process of its own, by name: what it is told and what it answers. All of it survives JSON. */
export interface MeasuredWork {
  /** Reads a collection and throws it away. */
  readonly scan: { readonly of: Place; readonly result: { readonly bytes: number } };
  /** Into a file of raw BSON, as a plain dump does. */
  readonly 'scan-to-file': { readonly of: Place; readonly result: { readonly bytes: number } };
  /** The same through gzip. */
  readonly 'scan-to-gzip': { readonly of: Place; readonly result: { readonly bytes: number } };
  /** zstd, SHA-256 and AES-256-GCM alone, over bytes of the collection that were read before, `most` of them at most. */
  readonly codec: { readonly of: Place & { readonly most: number }; readonly result: { readonly bytes: number } };
  /** Into the repository of the folder; the first one makes it. */
  readonly backup: {
    readonly of: { readonly uri: string; readonly folder: string; readonly id: string; readonly base: readonly string[] };
    readonly result: CaptureSummary;
  };
  /** Into an empty target; with a point, what the archived oplog of the instance `bench` makes of it. */
  readonly restore: {
    readonly of: { readonly uri: string; readonly folder: string; readonly id: string; readonly point?: ClusterTime };
    readonly result: RestoreSummary;
  };
  /** By the driver, out of a file of raw BSON, and then the indexes; `raw`: the bytes as they are, which are not made documents of and encoded again. */
  readonly inserts: {
    readonly of: Place & { readonly file: string; readonly raw: boolean };
    readonly result: { readonly documents: number };
  };
}

export type WorkName = keyof MeasuredWork;

/** What one run took, of its process alone and not of the server it talks to. */
export interface Taken<Result> {
  readonly result: Result;
  readonly seconds: number;
  readonly processorSeconds: number;
  /** The most memory that its process had, bytes. */
  readonly peakMemory: number;
}

/** How a kind of work is done: `prepare` whatever is not measured, and get what is. */
export type Prepare<Name extends WorkName> = (
  of: MeasuredWork[Name]['of'],
  client: () => Promise<MongoClient>,
) => Promise<() => Promise<MeasuredWork[Name]['result']>>;
