import type { RawBatch } from '../lib/raw-bson.ts';
import type { Clock } from '../lib/clock.ts';
import type { JobProgress } from './use-cases.ts';

/** The rate shown is that of about this many milliseconds back. */
const rateWindow = 5_000;
/** The whole is reached when the job has ended, not before. */
const largestShare = 0.99;

/** Holds reading back. */
export interface Brake {
  /** Resolves when so many bytes may have been read; rejects when the work is to end. `urgent`: at once, to be made up for later. */
  take(bytes: number, urgent: boolean): Promise<void>;
  /** Why reading is slower than it could be, for people; null if it is not. */
  readonly cause: string | null;
}

const noBrake: Brake = { take: () => Promise.resolve(), cause: null };

/** Where the source stands. Seconds. */
export interface SourceState {
  /** How far the newest entry of the oplog is ahead of what was read of it. */
  readonly lag: number;
  /** How much of the oplog is still there behind what was read of it: so long it can be followed if nothing is read meanwhile. */
  readonly window: number | null;
}

/**
 * Counts what was moved, holds it back where it must be, and reports it; one for each capture or restore. What it reports never goes
 * back and never exceeds what is expected, although what is expected is an estimate.
 */
export class TransferProgress {
  /** Read so far, and its raw bytes. */
  documents = 0;
  bytes = 0;
  /** Read commands of ours that were answered, and the milliseconds that took, all together. */
  answers = 0;
  answerTime = 0;
  /** Up to here the oplog was read: seconds since 1970; null before it was begun. */
  followedTo: number | null = null;
  /** Found to be gone: handled without being read. */
  #gone = 0;
  #phase = 'starting';
  #urgent = false;
  #documentsTotal: number | null = null;
  #bytesTotal: number | null = null;
  #share: number | null = null;
  #source: SourceState | null = null;
  readonly #marks: { at: number; bytes: number }[] = [];
  readonly #clock: Clock;
  readonly #report: (progress: JobProgress) => void;
  readonly #brake: Brake;

  constructor(clock: Clock, report: (progress: JobProgress) => void, brake: Brake = noBrake) {
    this.#clock = clock;
    this.#report = report;
    this.#brake = brake;
  }

  /** What is read in an `urgent` phase is not held back. */
  phase(name: string, { urgent = false }: { readonly urgent?: boolean } = {}): void {
    this.#phase = name;
    this.#urgent = urgent;
    this.#tell();
  }

  /** From here on so much more is expected. */
  expect(documents: number, bytes: number): void {
    this.#documentsTotal = (this.#documentsTotal ?? this.#handled()) + documents;
    this.#bytesTotal = (this.#bytesTotal ?? this.bytes) + bytes;
  }

  /** As `expect`, where it is known at all how much there is. */
  expectMore(documents: number, bytes: number): void {
    if (this.#bytesTotal !== null) this.expect(documents, bytes);
  }

  /** All that was expected so far has come; what was estimated is known now. */
  settle(): void {
    if (this.#bytesTotal === null) return;
    this.#documentsTotal = this.#handled();
    this.#bytesTotal = this.bytes;
  }

  /** Counts what was done by an earlier try; it is no part of the rate. */
  skip(documents: number, bytes: number): void {
    this.documents += documents;
    this.bytes += bytes;
    for (const mark of this.#marks) mark.bytes += bytes;
    this.#tell();
  }

  /** Counts a batch: its documents and their raw bytes. */
  read(batch: RawBatch): void {
    this.#count(batch);
  }

  /** As `read`, of what does not lie in a batch. */
  moved(documents: number, bytes: number): void {
    this.documents += documents;
    this.bytes += bytes;
    this.#tell();
  }

  /** As `read`, and waits where reading is held back. */
  async readHeldBack(batch: RawBatch): Promise<void> {
    await this.#brake.take(this.#count(batch), this.#urgent);
  }

  /** Counts an answer of the source to a read of ours. */
  answered(milliseconds: number): void {
    this.answers++;
    this.answerTime += milliseconds;
  }

  /** Counts documents that were expected and turned out to be gone. */
  gone(documents: number): void {
    this.#gone += documents;
    this.#tell();
  }

  /** Shows how the source stands from now on. */
  observe(source: SourceState): void {
    this.#source = source;
    this.#tell();
  }

  #count(batch: RawBatch): number {
    let bytes = 0;
    for (let n = 0; n < batch.count; n++) bytes += batch.buffer.readInt32LE(batch.starts[n]!);
    this.moved(batch.count, bytes);
    return bytes;
  }

  #handled(): number {
    return this.documents + this.#gone;
  }

  #tell(): void {
    const documentsDone = this.#handled();
    const documentsTotal = this.#documentsTotal === null ? null : Math.max(this.#documentsTotal, documentsDone);
    const bytesTotal = this.#bytesTotal === null ? null : Math.max(this.#bytesTotal, this.bytes);
    this.#share = laterShare(this.#share, [this.bytes, bytesTotal], [documentsDone, documentsTotal]);
    const bytesPerSecond = this.#rate();
    this.#report({
      phase: this.#brake.cause === null ? this.#phase : `${this.#phase}, slowed down: ${this.#brake.cause}`,
      share: this.#share,
      documentsDone,
      documentsTotal,
      bytesDone: this.bytes,
      bytesTotal,
      bytesPerSecond,
      secondsLeft: bytesTotal === null || bytesPerSecond === 0 ? null : Math.ceil((bytesTotal - this.bytes) / bytesPerSecond),
      lagSeconds: this.#source?.lag ?? null,
      oplogWindowSeconds: this.#source?.window ?? null,
    });
  }

  #rate(): number {
    const at = this.#clock.now().getTime();
    const newest = this.#marks.at(-1);
    // A clock that was set back would make a rate of nothing; the marks begin anew.
    if (newest !== undefined && at < newest.at) this.#marks.length = 0;
    if (newest?.at === at) newest.bytes = this.bytes;
    else this.#marks.push({ at, bytes: this.bytes });
    while (this.#marks.length > 2 && at - this.#marks[1]!.at >= rateWindow) this.#marks.shift();
    const oldest = this.#marks[0]!;
    return at > oldest.at ? Math.round(((this.bytes - oldest.bytes) * 1000) / (at - oldest.at)) : 0;
  }
}

type Part = readonly [done: number, total: number | null];

/** By bytes where they say something, else by documents; never less than before. */
function laterShare(before: number | null, bytes: Part, documents: Part): number | null {
  const [done, total] = bytes[1] === 0 ? documents : bytes;
  if (total === null || total === 0) return before;
  return Math.max(before ?? 0, Math.min(largestShare, done / total));
}
