import { describe, expect, it } from 'vitest';
import { restorableCollections, restorableDatabases } from './restorable-names.ts';

const collection = (db: string, name: string) => ({
  db,
  name,
  uuid: 'a'.repeat(32),
  capped: false,
  options: '',
  indexes: [],
  documents: 0,
  documentsExact: true,
  bytes: 0,
  layers: [],
});
const view = (db: string, name: string, type: 'view' | 'timeseries') => ({ db, name, type, options: '', indexes: [] });
const image = {
  collections: [
    collection('shop', 'b'),
    collection('shop', 'Case'),
    collection('shop', 'system.buckets.weather'),
    collection('shop', 'system.js'),
    collection('shop2', 'b'),
    collection('admin', 'system.users'),
    collection('config', 'settings'),
  ],
  views: [view('shop', 'a-view', 'view'), view('shop', 'weather', 'timeseries'), view('views-only', 'v', 'view')],
};

describe('names that can be restored (A5)', () => {
  it('are databases of users, those of views alone too', () => {
    expect(restorableDatabases(image)).toEqual(['shop', 'shop2', 'views-only']);
  });

  it('are collections, views and time-series collections, without what lies behind them', () => {
    expect(restorableCollections(image, 'shop')).toEqual(['Case', 'a-view', 'b', 'weather']);
    expect(restorableCollections(image, 'sho')).toEqual([]);
  });
});
