import { createHash } from 'node:crypto';
import { BSON, Timestamp } from 'bson';
import type { Document, MongoClient } from 'mongodb';
import type { ClusterTime } from '../../src/core/image.ts';

/**
 * The distinct documents of `databases` that changed after `from` and not after `to`, counted in the server's own oplog: the truth
 * that a backup's cost is measured against, and independent of Larder and of what the writers believe.
 */
export async function countChanged(
  client: MongoClient,
  databases: readonly string[],
  from: ClusterTime,
  to: ClusterTime,
): Promise<number> {
  const touched = new Set<string>();
  const range = { $gt: timestamp(from), $lte: timestamp(to) };
  const entries = client.db('local').collection('oplog.rs').find({ ts: range }, { promoteValues: false });
  for await (const entry of entries) addTouched(entry, databases, touched);
  return touched.size;
}

function addTouched(entry: Document, databases: readonly string[], touched: Set<string>): void {
  if (String(entry['op']) === 'c') {
    const nested: unknown = entry['o']?.applyOps;
    if (Array.isArray(nested)) for (const inner of nested) addTouched(inner, databases, touched);
    return;
  }
  const namespace = String(entry['ns']);
  if (!databases.includes(namespace.split('.', 1)[0] ?? '')) return;
  const id: unknown = String(entry['op']) === 'u' ? entry['o2']?._id : entry['o']?._id;
  if (id === undefined) return;
  touched.add(`${namespace} ${createHash('sha256').update(BSON.serialize({ id })).digest('base64')}`);
}

function timestamp({ t, i }: ClusterTime): Timestamp {
  return new Timestamp({ t, i });
}
