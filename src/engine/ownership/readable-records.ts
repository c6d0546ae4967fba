import { isLarderError, type LarderError } from '../../core/errors.ts';
import type { Repository } from '../../repository/port.ts';
import type { RecordKinds } from '../records.ts';

export interface ReadableRecords<K extends keyof RecordKinds> {
  readonly records: readonly { readonly id: string; readonly record: RecordKinds[K] }[];
  /** What was said of the first one that is damaged. */
  readonly damage: LarderError | null;
}

/** All records of a kind that can be read, and whether there are others. Errors but `object-corrupt` pass through. */
export async function readableRecords<K extends keyof RecordKinds>(repository: Repository, kind: K): Promise<ReadableRecords<K>> {
  const records: { readonly id: string; readonly record: RecordKinds[K] }[] = [];
  try {
    for await (const { id, value } of repository.records.list(kind)) records.push({ id, record: value as RecordKinds[K] });
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return { records, damage: error };
  }
  return { records, damage: null };
}
