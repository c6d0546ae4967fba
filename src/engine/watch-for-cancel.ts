import type { EngineDeps } from './engine-deps.ts';
import { LarderError } from '../core/errors.ts';
import type { JobRow } from './job-kind.ts';

const intervalMs = 500;

/** Tells whether somebody asked to cancel a job while it runs. */
export interface CancelWatch extends AsyncDisposable {
  /** Aborted once somebody has, with a reason that `isCancelWish` knows. */
  readonly signal: AbortSignal;
}

/** Looks into the job's row twice a second: the wish may have come to another server. A look that fails is made again. */
export function watchForCancel(deps: EngineDeps, job: JobRow): CancelWatch {
  const wish = new AbortController();
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    const row = await deps.catalog.db.selectFrom('jobs').select('cancelled_by').where('id', '=', job.id).executeTakeFirst();
    if (typeof row?.cancelled_by === 'string') wish.abort(cancelWish(row.cancelled_by));
  };
  const timer = setInterval(() => {
    if (looking !== null || wish.signal.aborted) return;
    looking = look()
      .catch((error: unknown) => deps.log.warn({ jobId: job.id, err: error }, 'the job could not be looked at'))
      .finally(() => {
        looking = null;
      });
  }, intervalMs);
  return {
    signal: wish.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** Who asked, if `reason` is that of a cancelled job; null for every other end, such as the server's own stop. */
export function whoCancelled(reason: unknown): string | null {
  return reason instanceof LarderError && reason.code === 'cancelled' && typeof reason.details['by'] === 'string'
    ? reason.details['by']
    : null;
}

function cancelWish(by: string): LarderError {
  return new LarderError('cancelled', `Cancelled by ${by}.`, { details: { by } });
}
