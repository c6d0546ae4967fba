import { serialize } from 'bson';
import { describe, expect, it } from 'vitest';
import type { CollectionImage, Manifest, ViewImage } from '../../core/image.ts';
import { wholeBackup, type RestoreSelection } from '../../core/restore-selection.ts';
import { describePlan } from './describe-plan.ts';
import { planRestore, refuseLosses, type HeldCollection } from './plan-restore.ts';

const raw = (document: object): string => Buffer.from(serialize(document)).toString('base64');

const collection = (db: string, name: string, options: object = {}): CollectionImage => ({
  db,
  name,
  uuid: 'a'.repeat(32),
  capped: false,
  options: raw(options),
  indexes: [raw({ v: 2, key: { _id: 1 }, name: '_id_' }), raw({ v: 2, key: { n: 1 }, name: 'n_1' })],
  documents: 10,
  documentsExact: true,
  bytes: 1000 + name.length,
  layers: [],
});

const view = (db: string, name: string, viewOn: string): ViewImage => ({
  db,
  name,
  type: 'view',
  options: raw({ viewOn, pipeline: [] }),
  indexes: [],
});

const manifest = {
  collections: [
    collection('a', 'b'),
    collection('a', 'bc'),
    collection('a', 'b.c'),
    collection('ab', 'c'),
    collection('a', 'system.js'),
    collection('a', 'secret', { encryptedFields: { fields: [] } }),
    collection('a', 'system.buckets.series'),
    collection('admin', 'own'),
    collection('admin', 'system.users'),
  ],
  views: [
    view('a', 'view', 'b'),
    { ...view('a', 'series', ''), type: 'timeseries', options: raw({ timeseries: { timeField: 't' } }) },
  ],
} as unknown as Manifest;

const held = (name: string, type: HeldCollection['type'] = 'collection'): HeldCollection => {
  const dot = name.indexOf('.');
  return {
    db: name.slice(0, dot),
    name: name.slice(dot + 1),
    type,
    documents: type === 'view' ? null : 5,
    bytes: type === 'view' ? null : 55,
  };
};

/** The plan as lines: what comes from where, in which way, instead of what; then what goes. */
function lines(selection: Partial<RestoreSelection>, present: readonly HeldCollection[] = []): readonly string[] {
  const plan = planRestore(manifest, present, { databases: [], collections: [], users: false, ...selection });
  const { arrivals, drops, users, notes } = describePlan(plan);
  return [
    ...arrivals.map(
      ({ from, name, kind, swapped, overwrites }) =>
        `${name} <- ${from}: ${kind}${swapped ? ', swapped' : ''}${overwrites === null ? '' : `, overwrites ${overwrites.bytes}`}`,
    ),
    ...drops.map(({ name }) => `drop ${name}`),
    ...plan.dropDatabases.map((name) => `drop database ${name}`),
    ...(users ? ['users'] : []),
    ...notes,
  ];
}

const named = (name: string, newName: string | null = null) => ({ name, newName });

describe('R2: the plan of a restore', () => {
  it('of everything replaces, drops what the backup does not have, and brings users', () => {
    const present = [held('a.b'), held('a.bx'), held('a.view', 'view'), held('gone.x'), held('admin.other')];
    expect(lines(wholeBackup, present)).toEqual([
      'a.b <- a.b: collection, swapped, overwrites 55',
      'a.b.c <- a.b.c: collection, swapped',
      'a.bc <- a.bc: collection, swapped',
      'a.secret <- a.secret: collection',
      'a.series <- a.series: timeseries',
      'a.system.js <- a.system.js: collection',
      'a.view <- a.view: view, overwrites null',
      'ab.c <- ab.c: collection, swapped',
      'admin.own <- admin.own: collection, swapped',
      'drop a.bx',
      'drop gone.x',
      'drop admin.other',
      'drop database gone',
      'users',
    ]);
  });

  it('R7: of a collection touches nothing whose name only begins like it', () => {
    const present = [held('a.b'), held('a.bc'), held('a.b.c'), held('ab.c'), held('x.y')];
    expect(lines({ collections: [named('a.b')] }, present)).toEqual(['a.b <- a.b: collection, swapped, overwrites 55']);
    expect(lines({ collections: [named('a.b.c', 'x.y')], users: true }, present)).toEqual([
      'x.y <- a.b.c: collection, swapped, overwrites 55',
      'users',
    ]);
  });

  it('of a database drops what else is in it, and lets a collection of it have a name of its own', () => {
    const present = [held('new.old'), held('a.b'), held('abc.x')];
    const selection = { databases: [named('a', 'new')], collections: [named('a.b', 'elsewhere.b')] };
    expect(lines(selection, present)).toEqual([
      'elsewhere.b <- a.b: collection, swapped',
      'new.b.c <- a.b.c: collection, swapped',
      'new.bc <- a.bc: collection, swapped',
      'new.secret <- a.secret: collection',
      'new.series <- a.series: timeseries',
      'new.system.js <- a.system.js: collection',
      'new.view <- a.view: view',
      'drop new.old',
      'The view new.view reads a.b, which was given another name.',
    ]);
  });

  it('renames a time-series collection with its buckets', () => {
    const plan = planRestore(manifest, [], { databases: [], collections: [named('a.series', 'a.other')], users: false });
    expect(plan.collections.map(({ image, series }) => [image.name, series?.name])).toEqual([['system.buckets.other', 'other']]);
    expect(plan.views).toEqual([]);
  });

  it('names what would be lost, and nothing where nothing would', () => {
    const plan = (selection: RestoreSelection) => planRestore(manifest, [held('a.b'), held('x.y')], selection);
    expect(() => refuseLosses(plan(wholeBackup))).toThrow(/would replace a\.b, x\.y\./);
    expect(() => refuseLosses(plan({ ...wholeBackup, collections: [named('a.b')] }))).toThrow(/would replace a\.b\./);
    refuseLosses(plan({ ...wholeBackup, collections: [named('a.bc')] }));
  });

  it.each<[string, Partial<RestoreSelection>, RegExp]>([
    ['an unknown database', { databases: [named('b')] }, /no database b\./],
    ['an unknown collection', { collections: [named('a.')] }, /no collection a\.\./],
    ['the beginning of a name', { collections: [named('a.syst')] }, /no collection a\.syst\./],
    ['buckets', { collections: [named('a.system.buckets.series')] }, /no collection/],
    ['users', { collections: [named('admin.system.users')] }, /no collection/],
    ['a name twice', { collections: [named('a.b'), named('a.b', 'a.x')] }, /named twice/],
    ['two of one name', { collections: [named('a.b', 'a.x'), named('a.bc', 'a.x')] }, /Both a\.bc? and a\.bc? would become a\.x/],
    ['a collision with a whole database', { databases: [named('a')], collections: [named('ab.c', 'a.b')] }, /would become a\.b/],
    ['a system name', { collections: [named('a.b', 'a.system.views')] }, /cannot be the new name/],
    ['our own name', { collections: [named('a.b', 'a.larder.restoring.x')] }, /cannot be the new name/],
    ['no collection', { collections: [named('a.b', 'a')] }, /cannot be the new name/],
    ['admin', { databases: [named('a', 'admin')] }, /cannot be the new name/],
    ['a database with a dot', { databases: [named('a', 'x.y')] }, /cannot be the new name/],
    ['admin moved', { databases: [named('admin', 'x')] }, /admin cannot be given another name/],
    ['stored functions moved', { collections: [named('a.system.js', 'a.js')] }, /of a kind that cannot/],
    ['other case', { databases: [named('ab', 'GONE')] }, /differ in case only/],
  ])('is refused for %s', (_, selection, message) => {
    const plan = () => planRestore(manifest, [held('gone.x')], { databases: [], collections: [], users: false, ...selection });
    expect(plan).toThrow(message);
    expect(plan).toThrow(expect.objectContaining({ code: 'invalid-selection' }));
  });
});
