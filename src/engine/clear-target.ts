import { isLarderError, LarderError } from '../core/errors.ts';
import type { JobDeps } from './engine-deps.ts';
import type { RestoreTask } from './tasks.ts';

/** Milliseconds; some drops, for which a primary may first have to be found. */
const limitMs = 60_000;

/**
 * Removes what a finished restore noted in its target. Not to be cancelled: all that was asked for is done. Throws LarderError that says so.
 */
export async function clearTarget(
  { runTask, repositoryConnection }: Pick<JobDeps, 'runTask' | 'repositoryConnection'>,
  target: RestoreTask['target'],
): Promise<void> {
  const context = { signal: AbortSignal.timeout(limitMs), report: () => undefined };
  try {
    await runTask<'clear-target'>({ kind: 'clear-target', repository: repositoryConnection, target }, context);
  } catch (error) {
    const { code, message, retryable } = isLarderError(error) ? error : new LarderError('internal', String(error));
    throw new LarderError(
      code,
      `All is restored and compared; only the notes of the restore are left in the target. ${message}`,
      {
        cause: error,
        retryable: retryable || context.signal.aborted,
      },
    );
  }
}
