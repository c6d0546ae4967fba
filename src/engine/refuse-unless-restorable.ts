import { LarderError } from '../core/errors.ts';

/** `backup-not-restorable` for a backup of any status but COMPLETED. */
export function refuseUnlessRestorable(status: string): void {
  if (status !== 'COMPLETED') {
    throw new LarderError('backup-not-restorable', `The backup is ${status}; only a COMPLETED one can be restored.`);
  }
}
