/** Collections that a restore keeps beside those of the user until it has ended. They are no part of any backup. */

/** Holds, in each database that a restore changes, how far it is. */
export const stateCollection = 'larder.restore_state';

/** Collections on their way begin with this. */
export const stagingPrefix = 'larder.restoring.';

/** True for what is a restore's own. */
export function isRestoreOwn(name: string): boolean {
  return name === stateCollection || name.startsWith(stagingPrefix);
}
