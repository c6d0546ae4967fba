import { connect, translateMongoError } from '../../mongo/connect.ts';
import type { ClearTargetTask, RestoreSummary } from '../tasks.ts';
import { LarderError } from '../../core/errors.ts';
import { removeLeftovers } from './restore-state.ts';
import { throughElections } from './through-elections.ts';

/**
 * Removes from the target what restores noted there, and what they built and did not bring into its place. Of a restore that is to be
 * repeated only once it is kept elsewhere that it is done: without its notes it does not know its own work. May be repeated.
 */
export async function clearTarget(
  { target }: Pick<ClearTargetTask, 'target'>,
  signal: AbortSignal,
): Promise<{ readonly cleared: true }> {
  try {
    await using connection = await connect(target.uri, { longCommands: true, signal });
    await throughElections(connection.client, signal, (trying) => removeLeftovers(connection.client, new Set(), trying));
    return { cleared: true };
  } catch (error) {
    throw translateMongoError(error, 'restore-failed', 'What restores left in the target could not be removed');
  }
}

/** `restore-failed` where indexes could not be built: then all data is in its place, and not all is the same. */
export function refuseUnbuilt({ unbuilt }: Pick<RestoreSummary, 'unbuilt'>): void {
  if (unbuilt.length === 0) return;
  throw new LarderError(
    'restore-failed',
    `All data is restored and compared, but indexes could not be built: ${unbuilt.join('; ')}`,
  );
}
