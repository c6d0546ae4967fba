import { LarderError } from '../core/errors.ts';

/** The refusal of a lock where it would stop everybody's writes for nothing. */
export const lockNeedsSingle = (): LarderError =>
  new LarderError(
    'operation-illegal',
    'Only a single server can be locked: backups of a replica set are the state at one cluster time while clients write.',
  );
