import { LarderError } from '../core/errors.ts';

/** Where in an object the damage is. */
export interface DamagedRange {
  readonly offset: number;
  readonly length: number;
}

/** `object-corrupt`, naming the object, the reason and, where known, the byte range. */
export function corruptObject(object: string, reason: string, range?: DamagedRange, cause?: unknown): LarderError {
  const where = range === undefined ? '' : ` at bytes ${range.offset} to ${range.offset + range.length}`;
  return new LarderError('object-corrupt', `object ${object} is damaged${where}: ${reason}`, {
    cause,
    details: { object, reason, ...range },
  });
}
