import { expect, it } from 'vitest';
import { proveScale } from '../fixtures/prove-scale.ts';

it('S12, S13: 300 collections, strange names, 64 indexes on one and very many tiny documents are backed up twice and come back', async () => {
  const figures = await proveScale({ collections: 300, tinyDocuments: 200_000, restore: 'extremes' });
  expect(figures.collections).toBeGreaterThan(300);
  // The oplog tells what became of those that changed.
  expect(figures.documentsRead).toBe(0);
  expect(figures.changed).toBe(30);
  expect(figures.manifestBytesEach).toBeLessThan(700);
  expect(figures.bytesStored).toBeLessThan(200_000);
});
