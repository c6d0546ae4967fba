import { createHmac } from 'node:crypto';
import { isLarderError } from '../core/errors.ts';
import type { ObjectStore } from '../storage/port.ts';
import { corruptObject } from './corrupt-object.ts';
import type { RepositoryKeys } from './derive-keys.ts';
import { openEnvelope, sealEnvelope, type EnvelopePlace } from './envelope.ts';
import { checkedName, hexNameOf } from './object-names.ts';
import type { RecordStore } from './port.ts';
import { readAhead } from './read-ahead.ts';
import { readWhole } from './read-pack.ts';

export const recordsPrefix = 'records/';
const recordsAtOnce = 8;

/** Reads one record by its object key. `object-corrupt` if it is missing, altered or moved. */
export async function readRecord(
  store: ObjectStore,
  keys: RepositoryKeys,
  object: string,
): Promise<{ kind: string; id: string; value: unknown }> {
  const [, kind, name] = object.split('/');
  const place: EnvelopePlace = { type: 'record', key: keys.records, context: `record\0${kind}\0${name}` };
  const { raw } = await openEnvelope(place, await readWhole(store, object), object);
  const record: unknown = JSON.parse(raw.toString('utf8'));
  if (
    typeof record !== 'object' ||
    record === null ||
    !('id' in record) ||
    typeof record.id !== 'string' ||
    !('value' in record)
  ) {
    throw corruptObject(object, 'it holds no record');
  }
  return { kind: kind!, id: record.id, value: record.value };
}

/**
 * The records of a repository. `list` gives every record that can be read and only then throws `object-corrupt` for the
 * first one that cannot, so that one damaged record does not hide the others. One that is deleted meanwhile is left out.
 */
export function createRecordStore(store: ObjectStore, keys: RepositoryKeys): RecordStore {
  const prefixOf = (kind: string): string => `${recordsPrefix}${checkedName('record kind', kind)}/`;
  const nameOf = (kind: string, id: string): string =>
    createHmac('sha256', keys.recordNames).update(`${kind}\0${id}`).digest('hex');
  async function* objects(kind: string): AsyncIterable<string> {
    for await (const { key } of store.list(prefixOf(kind))) if (hexNameOf(key) !== null) yield key;
  }
  return {
    async put(kind, id, value) {
      const name = nameOf(kind, id);
      const place: EnvelopePlace = { type: 'record', key: keys.records, context: `record\0${kind}\0${name}` };
      const raw = Buffer.from(JSON.stringify({ kind, id, value: value ?? null }), 'utf8');
      await store.put(prefixOf(kind) + name, await sealEnvelope(place, raw));
    },
    async delete(kind, id) {
      await store.delete(prefixOf(kind) + nameOf(kind, id));
    },
    async *list(kind) {
      let damage: { readonly error: unknown } | null = null;
      const records = readAhead(objects(kind), recordsAtOnce, (object) =>
        readRecord(store, keys, object).then(
          (record) => ({ record }),
          (error: unknown) => (isGone(error) ? null : { error }),
        ),
      );
      for await (const read of records) {
        if (read === null) continue;
        if ('record' in read) yield { id: read.record.id, value: read.record.value };
        else damage ??= read;
      }
      if (damage !== null) throw damage.error;
    },
  };
}

/** It was there when it was listed: whoever deletes it may do so before it is read. */
function isGone(error: unknown): boolean {
  return isLarderError(error, 'object-corrupt') && isLarderError(error.cause, 'object-not-found');
}
