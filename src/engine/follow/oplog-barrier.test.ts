import { Binary, Timestamp, serialize } from 'bson';
import type { Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { barrierOf } from './oplog-barrier.ts';

const ui = new Binary(Buffer.alloc(16, 7), Binary.SUBTYPE_UUID);
const command = (o: Document, ns = 'shop.$cmd'): Document => ({ op: 'c', ns, ui, o });
const write = (op: string, ns: string, o: Document, more: Document = {}): Document => ({ op, ns, ui, o, ...more });

function barrier(entry: Document): string | null {
  const place = { ts: new Timestamp({ t: 5, i: 1 }), t: 1n };
  return barrierOf(Buffer.from(serialize({ ...place, ...entry })), 0);
}

describe('E20: what ends that the oplog can be replayed', () => {
  it.each<[string, Document]>([
    ['an insertion', write('i', 'shop.c', { _id: 1 })],
    ['an update', write('u', 'shop.c', { $v: 2, diff: {} }, { o2: { _id: 1 } })],
    ['another document of the version collection', write('u', 'admin.system.version', { $v: 2 }, { o2: { _id: 'authSchema' } })],
    ['a note', write('n', '', { msg: 'periodic noop' })],
    ['a collection', command({ create: 'c', idIndex: {} })],
    ['a validator', command({ collMod: 'c', validator: { a: 1 }, validationLevel: 'strict' })],
    ['a hidden index', command({ collMod: 'c', index: { name: 'a_1', hidden: true } })],
    ['a command on what is the server’s own', command({ importCollection: 'c' }, 'config.$cmd')],
    ['a transaction', command({ applyOps: [write('i', 'shop.c', { _id: 1 })] }, 'admin.$cmd')],
    [
      'the end of a prepared one',
      command({ commitTransaction: 1, commitTimestamp: new Timestamp({ t: 4, i: 1 }) }, 'admin.$cmd'),
    ],
  ])('not %s', (_, entry) => {
    expect(barrier(entry)).toBe(null);
  });

  it.each<[string, Document, string]>([
    ['another version', write('u', 'admin.system.version', { $v: 2 }, { o2: { _id: 'featureCompatibilityVersion' } }), 'version'],
    ['a kind that is not known', write('xi', 'shop.c', { _id: 1 }), 'an entry of the kind xi'],
    ['a command that is not known', command({ importCollection: 'c', secret: 'hush' }), 'the command importCollection'],
    ['a new size', command({ collMod: 'c', cappedSize: 4096 }), 'collMod of cappedSize'],
    ['an option that is not known', command({ collMod: 'c', shape: 'round' }), 'collMod of shape'],
    [
      'a change of an index that is not known',
      command({ collMod: 'c', index: { name: 'a_1', colour: 'hush' } }),
      'collMod of index',
    ],
    ['a new size in a group', command({ applyOps: [command({ collMod: 'c', cappedMax: 1 })] }), 'the command applyOps'],
  ])('%s, said without its values', (_, entry, said) => {
    expect(barrier(entry)).toContain(said);
    expect(barrier(entry)).not.toContain('hush');
  });
});
