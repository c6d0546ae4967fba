import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFaultyStore } from '../../src/storage/faulty-store.ts';
import { createMemoryStore } from '../../src/storage/memory-store.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { createRetryingStore } from '../../src/storage/retrying-store.ts';
import { objectStoreContract } from './object-store-contract.ts';

objectStoreContract('memory', async () => ({ store: createMemoryStore(), dispose: async () => undefined }));

objectStoreContract('file system', async () => {
  const root = await mkdtemp(join(tmpdir(), 'larder-store-'));
  return { store: await openStore(`file://${root}/deep/er`), dispose: () => rm(root, { recursive: true }) };
});

objectStoreContract('memory behind the decorators', async () => ({
  store: createRetryingStore(createFaultyStore(createMemoryStore(), [])),
  dispose: async () => undefined,
}));
