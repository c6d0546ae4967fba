import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileRoom } from '../../src/engine/file-room.ts';
import { readOpenFiles } from '../../src/mongo/open-files.ts';
import type { ReplicaSet } from '../../src/provider/start-replica-set.ts';
import { backUp, restoreTo, testRepository } from '../fixtures/backup.ts';
import { closeFilesAfter, closingFilesAfter, mongodOfFewFiles } from '../fixtures/few-files.ts';
import { makeManyCollections } from '../fixtures/many-collections.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { temporaryFolder, type TemporaryFolder } from '../fixtures/temporary-folder.ts';

const collections = 60;
const limit = 300;
const { signal } = new AbortController();

describe('S13: a server that may open few files', () => {
  let folder: TemporaryFolder;
  let set: ReplicaSet;
  let client: MongoClient;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const mongod = await mongodOfFewFiles(folder.path, limit);
    set = await startTestSet({ members: 1, mongod, extraArguments: closingFilesAfter(3600) });
    client = await new MongoClient(set.uri).connect();
  });
  afterAll(async () => {
    await client.close();
    await set[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('is read and restored to without being made to end itself: what has no room waits until it has closed others', async () => {
    await makeManyCollections(client, 'many', collections);
    const repository = await testRepository();
    const pid = set.members[0]!.pid;
    // Until somebody waits the server closes nothing, however slow everything is.
    const waits: string[] = [];
    const closing: Promise<void>[] = [];
    const report = ({ phase }: { readonly phase: string }): void => {
      if (!phase.endsWith('to close files')) return;
      if (waits.push(phase) === 1) closing.push(closeFilesAfter(client, 1));
    };
    await backUp(repository, set.uri, 'all', [], report);
    const summary = await restoreTo(repository, set.uri, 'all', false, {
      selection: { databases: [{ name: 'many', newName: 'copy' }], collections: [], users: false },
      report,
    });
    await Promise.all(closing);
    expect(waits).toContain('restoring documents, waiting for the target to close files');
    // To read them all again, as other tests do, would be more files than may be open.
    expect(summary).toMatchObject({ collections, documents: 2 * collections, verified: true });
    const names = (await client.db('copy').listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    expect(names.filter((name) => /^c\d+$/.test(name))).toHaveLength(collections);
    expect(set.members[0]!.pid).toBe(pid);
  });

  it('is told to be given more where it never closes enough', async () => {
    const { most } = (await readOpenFiles(client, signal))!;
    expect(most).toBeLessThan(limit);
    const files = new FileRoom({ client, code: 'restore-failed', server: 'The target', patience: 1 });
    const waits: boolean[] = [];
    await expect(files.make(limit, { signal, onWait: (waiting) => waits.push(waiting) })).rejects.toMatchObject({
      code: 'restore-failed',
      retryable: true,
      message: expect.stringMatching(/^The target has \d+ files open and may open no more than \d+ .*ulimit -n/),
    });
    expect(waits).toEqual([true]);
    await files.make(1, { signal });
  });
});
