import type { Selectable } from 'kysely';
import type { CatalogTransaction, JobsTable } from '../catalog/schema.ts';
import type { EngineDeps, JobDeps } from './engine-deps.ts';
import type { TaskContext } from './tasks.ts';

export type JobRow = Selectable<JobsTable>;

/** Writes the final state of what the job is about. Runs in the transaction that ends the job, before the job's own row. */
export type WriteOutcome = (trx: CatalogTransaction, now: Date) => Promise<void>;

/** What is particular to one kind of job; everything else (tries, progress, the instance, the job's row) is the same for all. */
export interface JobKind {
  /** True if only another server of Larder can do it: then it goes back in line. Any can unless given. */
  isElsewhere?(deps: JobDeps, job: JobRow): Promise<boolean>;
  /** Does the work and says what to write once it is done. Called again for each try; must end when the signal says so. */
  run(deps: JobDeps, job: JobRow, context: TaskContext): Promise<WriteOutcome>;
  /** What to write when the job is given up. */
  giveUp(job: JobRow, reason: string, deps: EngineDeps): WriteOutcome;
  /** Of a job that was cancelled after its work had begun. */
  readonly whenCancelled: {
    /** What it left, a sentence for people. The row is as the last try left it. */
    leaves(job: JobRow): string;
    /** Removes what can be removed; called once the job has ended. May throw: nothing depends on it. */
    cleanUp?(deps: EngineDeps, job: JobRow): Promise<void>;
  };
}
