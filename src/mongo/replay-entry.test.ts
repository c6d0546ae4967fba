import { Long, serialize, Timestamp, UUID, type Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { readReplayEntry, type ReplayMeaning } from './replay-entry.ts';

const ui = new UUID('00112233-4455-6677-8899-aabbccddeeff');
const uuid = ui.toHexString(false);
const none = { ts: new Timestamp({ t: 0, i: 0 }), t: Long.fromNumber(-1) };
const before = { ts: new Timestamp({ t: 9, i: 4 }), t: Long.fromNumber(3) };
const previous = { t: 9, i: 4 };
const inTransaction = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1) };

/** What the entry means, read at an offset as it lies in a batch. */
function meaningOf(entry: Document): ReplayMeaning {
  const raw = serialize({ ts: new Timestamp({ t: 10, i: 2 }), t: Long.fromNumber(3), v: Long.fromNumber(2), ...entry });
  const { time, meaning } = readReplayEntry(Buffer.concat([Buffer.alloc(7), raw]), 7);
  expect(time).toEqual({ t: 10, i: 2, term: 3 });
  return meaning;
}

const insert = (id: string): Document => ({ op: 'i', ns: 'a.b', ui, o: { _id: id } });
const command = (o: Document, more: Document = {}): ReplayMeaning => meaningOf({ op: 'c', ns: 'a.$cmd', o, ...more });
const writes = (meaning: ReplayMeaning): unknown[] =>
  'items' in meaning ? meaning.items.map((item) => ('write' in item ? item.write.op : item.command.name)) : [meaning.kind];

describe('an oplog entry that is to be replayed', () => {
  it('E1, E2, E3: writes are told apart by what they hold, and carry its bytes', () => {
    const body = (o: Document, more: Document): unknown => {
      const meaning = meaningOf({ ns: 'a.b', ui, o, ...more });
      return meaning.kind === 'whole' && 'write' in meaning.items[0]! ? meaning.items[0].write : meaning;
    };
    const o2 = { _id: 'x' };
    const whole = { _id: 'x', n: 1 };
    expect(body(whole, { op: 'i', o2 })).toMatchObject({ op: 'insert', ns: 'a.b', uuid, body: Buffer.from(serialize(whole)) });
    expect(body(whole, { op: 'u', o2 })).toMatchObject({ op: 'replace', body: Buffer.from(serialize(whole)) });
    expect(body({ $v: 1, $set: { n: 1 } }, { op: 'u', o2 })).toMatchObject({ op: 'update' });
    expect(body({ $set: { n: 1 } }, { op: 'u', o2 })).toMatchObject({ op: 'update' });
    const diff = { $v: 2, diff: { u: { n: 1 }, sarr: { a: true, l: 2, u0: 5 } } };
    expect(body(diff, { op: 'u', o2 })).toMatchObject({ op: 'update', body: Buffer.from(serialize(diff)) });
    expect(body(o2, { op: 'd' })).toMatchObject({ op: 'delete' });
  });

  it('E10: no-ops, and what a set keeps for itself, are nothing', () => {
    expect(meaningOf({ op: 'n', ns: '', o: { msg: 'periodic noop' } })).toEqual({ kind: 'nothing' });
    expect(meaningOf({ op: 'i', ns: 'config.image_collection', ui, o: { _id: 1 } })).toEqual({ kind: 'nothing' });
    expect(meaningOf({ op: 'u', ns: 'config.transactions', ui, o: { _id: 1 }, o2: { _id: 1 } })).toEqual({ kind: 'nothing' });
    expect(command({ dbCheck: 'b' })).toEqual({ kind: 'nothing' });
  });

  it('E5: retryable writes are no transaction, in single entries and in one', () => {
    expect(meaningOf({ ...insert('x'), ...inTransaction, prevOpTime: before })).toMatchObject({ kind: 'whole', previous: null });
    const group = command({ applyOps: [insert('x')] }, { ...inTransaction, prevOpTime: before, multiOpType: 1 });
    expect(group).toMatchObject({ kind: 'whole', previous: null });
    const atOnce = command({ applyOps: [insert('x')] }, { ...inTransaction, prevOpTime: before, multiOpType: 2 });
    expect(atOnce).toMatchObject({ kind: 'whole', previous });
  });

  it('E6, E7, E8: transactions of one entry, in chains and prepared', () => {
    const whole = command({ applyOps: [insert('x'), insert('y')] }, { ...inTransaction, prevOpTime: none });
    expect([whole, writes(whole)]).toMatchObject([{ kind: 'whole', previous: null }, ['insert', 'insert']]);
    const first = command({ applyOps: [insert('x')], partialTxn: true }, { ...inTransaction, prevOpTime: none });
    expect(first).toMatchObject({ kind: 'part', previous: null });
    const last = command({ applyOps: [insert('y')], count: Long.fromNumber(2) }, { ...inTransaction, prevOpTime: before });
    expect(last).toMatchObject({ kind: 'whole', previous });
    const prepared = command({ applyOps: [insert('x')], prepare: true }, { ...inTransaction, prevOpTime: before });
    expect(prepared).toMatchObject({ kind: 'part', previous });
    const commit = command(
      { commitTransaction: 1, commitTimestamp: new Timestamp({ t: 10, i: 1 }) },
      { ...inTransaction, prevOpTime: before },
    );
    expect(commit).toEqual({ kind: 'commit', previous, at: { t: 10, i: 1 } });
    expect(command({ abortTransaction: 1 }, { ...inTransaction, prevOpTime: before })).toEqual({ kind: 'abort', previous });
  });

  it('E9: operations within operations take effect with them, definitions among them', () => {
    const inner = { op: 'c', ns: 'a.$cmd', o: { applyOps: [insert('y'), { op: 'd', ns: 'a.b', ui, o: { _id: 'z' } }] } };
    const meaning = command({ applyOps: [insert('x'), inner, { op: 'c', ns: 'a.$cmd', ui, o: { create: 'c' } }] });
    expect(writes(meaning)).toEqual(['insert', 'insert', 'delete', 'create']);
  });

  it.each([
    ['E1', 'an operation', { op: 'ci', ns: 'a.b', ui, o: { secret: 1 } }, '"ci"'],
    ['E1', 'an entry without a UUID', { op: 'i', ns: 'a.b', o: { _id: 1 } }, 'which document'],
    ['E19', 'a command', { op: 'c', ns: 'a.$cmd', ui, o: { frobnicate: 'b', how: 'well' } }, 'frobnicate'],
    ['E20', 'truncateRange', { op: 'c', ns: 'a.$cmd', ui, o: { truncateRange: 'a.b' } }, 'truncateRange'],
    ['E20', 'importCollection', { op: 'c', ns: 'a.$cmd', ui, o: { importCollection: 'a.b' } }, 'importCollection'],
    [
      'E20',
      'a change of the feature compatibility version',
      { op: 'u', ns: 'admin.system.version', ui, o: { $v: 2 }, o2: { _id: 'featureCompatibilityVersion' } },
      'feature compatibility',
    ],
  ])('%s: %s that nobody can replay stops with the entry shown', (_, __, entry, shown) => {
    expect(() => meaningOf(entry)).toThrow(
      expect.objectContaining({ code: 'not-replayable', message: expect.stringContaining(shown) }),
    );
    expect(() => meaningOf({ op: 'c', ns: 'a.$cmd', o: { applyOps: [entry] } })).toThrow(shown);
  });
});
