import type { EngineDeps } from './engine-deps.ts';
import type { JobRow } from './job-kind.ts';
import type { JobProgress } from './use-cases.ts';

const intervalMs = 1000;

/**
 * Writes a job's progress to its row, the newest only and once a second at most. Progress is a courtesy: a write that fails
 * is not repeated and fails nothing. Disposing waits for the write in flight.
 */
export class JobProgressWriter implements AsyncDisposable {
  readonly #deps: EngineDeps;
  readonly #job: JobRow;
  readonly #timer: NodeJS.Timeout;
  #newest: JobProgress | null = null;
  #writing: Promise<void> | null = null;

  constructor(deps: EngineDeps, job: JobRow) {
    this.#deps = deps;
    this.#job = job;
    this.#timer = setInterval(() => this.#write(), intervalMs);
  }

  /** May be called as often as one likes. */
  report(progress: JobProgress): void {
    this.#newest = progress;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  #write(): void {
    const progress = this.#newest;
    if (progress === null || this.#writing !== null) return;
    this.#newest = null;
    this.#writing = this.#deps.catalog.db
      .updateTable('jobs')
      .set({ progress: JSON.stringify(progress) })
      .where('id', '=', this.#job.id)
      .where('tries', '=', this.#job.tries)
      .where('status', '=', 'Running')
      .execute()
      .then(
        () => undefined,
        (error: unknown) => this.#deps.log.warn({ jobId: this.#job.id, err: error }, 'progress could not be written'),
      )
      .finally(() => {
        this.#writing = null;
      });
  }
}
