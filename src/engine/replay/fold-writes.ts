import { LarderError } from '../../core/errors.ts';
import { mergeUpdates } from '../../lib/merge-updates.ts';
import type { OplogWrite } from '../../mongo/replay-entry.ts';
import type { IdKey } from '../../mongo/raw-id.ts';

/** What several writes to one document come to: first it is removed, then put there whole, then changed, each where it applies. */
export interface FoldedWrites {
  remove: boolean;
  document: Buffer | null;
  updates: Buffer[];
  /** False once it is gone. */
  present: boolean;
}

/**
 * Adds a write to those that wait and tells by how many bytes they grew. Only the last state counts: nothing is kept of what was
 * overwritten or removed. With `exact` every write must find what it says: a document that is there to be inserted, or not there to
 * be changed, is `image-mismatch` (pitfalls E3). Without, a later state may be there already, which comes to the same (pitfalls E4).
 */
export function foldWrite(writes: Map<IdKey, FoldedWrites>, { op, ns, id, body }: OplogWrite, exact: boolean): number {
  const known = writes.get(id);
  const isPresent = known?.present ?? op !== 'insert';
  if (exact && isPresent === (op === 'insert')) throw contradiction(ns, op);
  if (op === 'update') {
    // Of a later state that lacks it nobody needs the change.
    if (known?.present === false) return 0;
    const changed = known ?? { remove: false, document: null, updates: [], present: true };
    writes.set(id, changed);
    return addUpdate(changed.updates, Buffer.from(body));
  }
  const before = known === undefined ? 0 : weigh(known);
  const wasThere = known?.remove ?? (op !== 'insert' || !exact);
  const document = op === 'delete' ? null : Buffer.from(body);
  // A document that was made here and is gone again was never there.
  const remove = wasThere || (known !== undefined && known.document === null && known.present);
  writes.set(id, { remove, document, updates: [], present: document !== null });
  return (document?.length ?? 0) - before;
}

/** Adds a change, to the last one where both come to one, and tells by how many bytes they grew. */
function addUpdate(updates: Buffer[], change: Buffer): number {
  const last = updates.at(-1);
  const merged = last === undefined ? null : mergeUpdates(last, change);
  if (last === undefined || merged === null) {
    updates.push(change);
    return change.length;
  }
  updates[updates.length - 1] = merged;
  return merged.length - last.length;
}

/** Bytes that the writes take in memory, without what every document costs. */
function weigh({ document, updates }: FoldedWrites): number {
  return updates.reduce((sum, update) => sum + update.length, document?.length ?? 0);
}

function contradiction(ns: string, op: OplogWrite['op']): LarderError {
  const what = op === 'insert' ? 'inserts a document that is there already' : `has an ${op} of a document that is not there`;
  return new LarderError('image-mismatch', `The oplog ${what} in ${ns}: image and oplog do not belong together.`, {
    details: { namespace: ns },
  });
}
