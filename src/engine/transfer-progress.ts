import type { RawBatch } from '../lib/raw-bson.ts';
import type { Clock } from '../lib/clock.ts';
import type { JobProgress } from './use-cases.ts';

/** The rate shown is that of about this many milliseconds back. */
const rateWindow = 5_000;

/** Counts what was moved and reports it; one for each capture or restore. */
export class TransferProgress {
  documents = 0;
  bytes = 0;
  #phase = 'starting';
  #documentsTotal: number | null = null;
  #bytesTotal: number | null = null;
  readonly #marks: { at: number; bytes: number }[] = [];
  readonly #clock: Clock;
  readonly #report: (progress: JobProgress) => void;

  constructor(clock: Clock, report: (progress: JobProgress) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  phase(name: string): void {
    this.#phase = name;
    this.#tell();
  }

  /** Adds to what is expected in all. */
  expect(documents: number, bytes: number): void {
    this.#documentsTotal = (this.#documentsTotal ?? 0) + documents;
    this.#bytesTotal = (this.#bytesTotal ?? 0) + bytes;
  }

  /** Counts a batch: its documents and their raw bytes. */
  read(batch: RawBatch): void {
    this.documents += batch.count;
    for (let n = 0; n < batch.count; n++) this.bytes += batch.buffer.readInt32LE(batch.starts[n]!);
    this.#tell();
  }

  #tell(): void {
    const at = this.#clock.now().getTime();
    this.#marks.push({ at, bytes: this.bytes });
    while (this.#marks.length > 2 && at - this.#marks[1]!.at > rateWindow) this.#marks.shift();
    const oldest = this.#marks[0]!;
    const bytesPerSecond = at > oldest.at ? Math.round(((this.bytes - oldest.bytes) * 1000) / (at - oldest.at)) : 0;
    // What is expected is an estimate: it never stays behind what was done.
    const bytesTotal = this.#bytesTotal === null ? null : Math.max(this.#bytesTotal, this.bytes);
    this.#report({
      phase: this.#phase,
      documentsDone: this.documents,
      documentsTotal: this.#documentsTotal === null ? null : Math.max(this.#documentsTotal, this.documents),
      bytesDone: this.bytes,
      bytesTotal,
      bytesPerSecond,
      secondsLeft: bytesTotal === null || bytesPerSecond === 0 ? null : Math.ceil((bytesTotal - this.bytes) / bytesPerSecond),
    });
  }
}
