import { Long, serialize, setInternalBufferSize, Timestamp, UUID, type Document } from 'bson';
import { describe, expect, it } from 'vitest';
import { readOplogEntry, type OplogMeaning } from './oplog-entry.ts';

const ui = new UUID('00112233-4455-6677-8899-aabbccddeeff');
const uuid = ui.toHexString(false);
const none = { ts: new Timestamp({ t: 0, i: 0 }), t: Long.fromNumber(-1) };
const before = { ts: new Timestamp({ t: 9, i: 4 }), t: Long.fromNumber(3) };
const inTransaction = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1) };

/** What the entry means, read at an offset as it lies in a batch. */
function meaningOf(entry: Document): OplogMeaning {
  const raw = serialize({ ts: new Timestamp({ t: 10, i: 2 }), t: Long.fromNumber(3), v: Long.fromNumber(2), ...entry });
  const { time, meaning } = readOplogEntry(Buffer.concat([Buffer.alloc(7), raw]), 7);
  expect(time).toEqual({ t: 10, i: 2, term: 3 });
  return meaning;
}

const touch = (id: string, delta: -1 | 0 | 1): unknown => ({
  db: 'a',
  uuid,
  id: `\u0002${Buffer.from(serialize({ '': id })).toString('latin1', 6, 11 + id.length)}`,
  delta,
  write: expect.anything(),
});
const insert = (id: string): Document => ({ op: 'i', ns: 'a.b', ui, o: { _id: id } });
const command = (o: Document, more: Document = {}): OplogMeaning => meaningOf({ op: 'c', ns: 'a.$cmd', o, ...more });

describe('the meaning of an oplog entry', () => {
  it('E1: inserts, updates and deletes touch an _id of a collection; no-ops nothing; other kinds are never skipped', () => {
    expect(meaningOf({ ...insert('x'), o2: { _id: 'x' } })).toEqual({ kind: 'touch', touch: touch('x', 1) });
    expect(meaningOf({ op: 'd', ns: 'a.b', ui, o: { _id: 'x' } })).toEqual({ kind: 'touch', touch: touch('x', -1) });
    expect(meaningOf({ op: 'n', ns: '', o: { msg: 'periodic noop' } })).toEqual({ kind: 'nothing' });
    for (const op of ['ci', 'cd', 'cu', 'km', '?'])
      expect(meaningOf({ op, ns: 'a.b', ui, o: {} })).toMatchObject({ kind: 'unclear', db: null, uuid: null });
  });

  it.each([
    ['modifiers', { $v: 1, $set: { n: 1 } }],
    ['a difference', { $v: 2, diff: { u: { n: 1 }, sarr: { a: true, l: 2, u0: 5 } } }],
    ['a whole document', { _id: 'x', n: 1 }],
  ])('E2, E3: an update by %s touches the _id of o2', (_, o) => {
    expect(meaningOf({ op: 'u', ns: 'a.b', ui, o, o2: { _id: 'x' } })).toEqual({ kind: 'touch', touch: touch('x', 0) });
  });

  it('E1, E4: what has no UUID or no _id marks a scan of what it may concern', () => {
    expect(meaningOf({ op: 'i', ns: 'a.b', o: { _id: 1 } })).toMatchObject({ kind: 'unclear', db: 'a', uuid: null });
    expect(meaningOf({ op: 'u', ns: 'a.b', ui, o: { $v: 2 }, o2: {} })).toMatchObject({ kind: 'unclear', db: 'a', uuid });
  });

  it('E5: retryable inserts are no transaction, in single entries and in one', () => {
    expect(meaningOf({ ...insert('x'), ...inTransaction, prevOpTime: before })).toMatchObject({ kind: 'touch' });
    const group = command({ applyOps: [insert('x')] }, { ...inTransaction, prevOpTime: before, multiOpType: 1 });
    expect(group).toMatchObject({ kind: 'group', effect: 'whole', previous: null });
  });

  it('E6: a transaction of one entry takes effect with it', () => {
    const meaning = command({ applyOps: [insert('x'), insert('y')] }, { ...inTransaction, prevOpTime: none });
    expect(meaning).toMatchObject({ effect: 'whole', previous: null, touches: [touch('x', 1), touch('y', 1)] });
  });

  it('E7: entries of a chain take effect with the last, which leads back to them', () => {
    const part = command({ applyOps: [insert('x')], partialTxn: true }, { ...inTransaction, prevOpTime: none });
    expect(part).toMatchObject({ effect: 'part', previous: null });
    const last = command({ applyOps: [insert('y')], count: Long.fromNumber(2) }, { ...inTransaction, prevOpTime: before });
    expect(last).toMatchObject({ effect: 'whole', previous: { t: 9, i: 4 } });
  });

  it('E8: a prepared transaction takes effect with its commit, and never with its abort', () => {
    const prepared = command({ applyOps: [insert('x')], prepare: true }, { ...inTransaction, prevOpTime: none });
    expect(prepared).toMatchObject({ effect: 'part' });
    const commit = command({ commitTransaction: 1, commitTimestamp: before.ts }, { ...inTransaction, prevOpTime: before });
    expect(commit).toEqual({ kind: 'commit', previous: { t: 9, i: 4 } });
    expect(command({ abortTransaction: 1 }, { ...inTransaction, prevOpTime: before })).toEqual({
      kind: 'abort',
      previous: { t: 9, i: 4 },
    });
  });

  it('E9: applyOps without a session takes effect at once, nested ones included', () => {
    const inner = { op: 'c', ns: 'a.$cmd', o: { applyOps: [insert('y'), { op: 'n', ns: '', o: {} }] } };
    const meaning = command({ applyOps: [insert('x'), inner] });
    expect(meaning).toMatchObject({ effect: 'whole', previous: null, touches: [touch('x', 1), touch('y', 1)], commands: [] });
    const drop = { op: 'c', ns: 'z.$cmd', ui, o: { drop: 'c' } };
    expect(command({ applyOps: [drop] })).toMatchObject({ commands: [{ kind: 'dropped', db: 'z', uuid }] });
    const odd = { op: 'c', ns: 'z.$cmd', o: { applyOps: [{ op: 'ci', ns: 'z.c', o: {} }] } };
    expect(command({ applyOps: [odd] })).toMatchObject({ commands: [{ kind: 'unclear', db: null }] });
    expect(command({ applyOps: { not: 'an array' } })).toMatchObject({ kind: 'unclear', db: null });
  });

  it('E10: images for retries and the tables of sessions are not data', () => {
    const withImage = { ...insert('x'), needsRetryImage: 'preImage', stmtId: 0, ...inTransaction };
    expect(meaningOf(withImage)).toEqual({ kind: 'touch', touch: touch('x', 1) });
    for (const ns of ['config.image_collection', 'config.transactions', 'local.x'])
      expect(meaningOf({ op: 'u', ns, ui, o: { n: 1 }, o2: { _id: 1 } })).toEqual({ kind: 'nothing' });
  });

  it.each([
    ['E11', { createIndexes: 'b', v: 2, key: { n: 1 }, name: 'n_1' }],
    ['E11', { startIndexBuild: 'b', indexes: [] }],
    ['E11', { commitIndexBuild: 'b', indexes: [] }],
    ['E11', { abortIndexBuild: 'b', indexes: [], cause: {} }],
    ['E11', { dropIndexes: 'b', index: 'n_1' }],
    ['E12', { collMod: 'b', index: { name: 'n_1', hidden: true } }],
    ['E13', { convertToCapped: 'b', size: 1000 }],
    ['E14', { dropDatabase: 1 }],
  ])('%s: %j changes the catalog of its database', (_, o) => {
    expect(command(o, { ui, o2: { collectionOptions_old: {} } })).toEqual({ kind: 'catalog', databases: ['a'], uuid });
  });

  it('E13: a rename changes the catalog of both databases', () => {
    const o = { renameCollection: 'a.b', to: 'z.y.x', stayTemp: false, dropTarget: ui };
    expect(command(o, { ui })).toEqual({ kind: 'catalog', databases: ['a', 'z'], uuid });
  });

  it('E14: a dropped collection ends', () => {
    expect(command({ drop: 'b' }, { ui })).toEqual({ kind: 'dropped', db: 'a', uuid });
    expect(command({ drop: 'v' })).toEqual({ kind: 'catalog', databases: ['a'], uuid: null });
  });

  it('E15: create tells which collection is new; of a view there is no collection', () => {
    expect(command({ create: 'b', idIndex: { v: 2 } }, { ui })).toEqual({ kind: 'created', db: 'a', uuid });
    expect(command({ create: 'v', viewOn: 'b' })).toEqual({ kind: 'catalog', databases: ['a'], uuid: null });
  });

  it('E16, E18: documents are told by the UUID of their collection, whatever its name', () => {
    const bucket = { op: 'u', ns: 'a.system.buckets.series', ui, o: { $v: 2, diff: {} }, o2: { _id: 'x' } };
    expect(meaningOf(bucket)).toEqual({ kind: 'touch', touch: touch('x', 0) });
  });

  it('E17: views are the catalog, users are documents', () => {
    const view = { op: 'i', ns: 'a.system.views', ui, o: { _id: 'a.v', viewOn: 'b', pipeline: [] } };
    expect(meaningOf(view)).toEqual({ kind: 'catalog', databases: ['a'], uuid: null });
    const user = { op: 'u', ns: 'admin.system.users', ui, o: { $v: 2 }, o2: { _id: 'a.u' } };
    expect(meaningOf(user)).toMatchObject({ kind: 'touch', touch: { db: 'admin', uuid } });
  });

  it.each(['importCollection', 'truncateRange', 'upgradeDowngradeViewlessTimeseries', 'somethingNew'])(
    'E19, E20: the command %s is never skipped',
    (name) => {
      expect(command({ [name]: 'b' }, { ui })).toEqual({ kind: 'unclear', db: 'a', uuid, what: `command ${name}` });
      expect(command({ [name]: 1 })).toMatchObject({ kind: 'unclear', db: 'a', uuid: null });
    },
  );

  it.each(['dbCheck', 'migrateChunkToNewShard', 'setMultikeyMetadata', 'dropIdent'])(
    'E19: the command %s changes no data',
    (name) => {
      expect(command({ [name]: 'b' }, { ui })).toEqual({ kind: 'nothing' });
    },
  );

  it('O7: an entry of more than 16 MiB is read', () => {
    const o = { _id: 'x', text: 'x'.repeat(16 * 1024 * 1024 - 40) };
    setInternalBufferSize(17 * 1024 * 1024);
    const raw = Buffer.from(serialize({ ts: before.ts, t: before.t, op: 'i', ns: 'a.b', ui, o }));
    expect(raw.length).toBeGreaterThan(16 * 1024 * 1024);
    expect(readOplogEntry(raw, 0).meaning).toEqual({ kind: 'touch', touch: touch('x', 1) });
  });
});
