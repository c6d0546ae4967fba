import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { capture } from '../src/engine/capture/capture.ts';
import { restore } from '../src/engine/restore/restore.ts';
import type { CaptureSummary, RestoreSummary } from '../src/engine/tasks.ts';
import { wholeBackup } from '../src/core/restore-selection.ts';
import { systemClock } from '../src/lib/clock.ts';
import { openRepository } from '../src/repository/open-repository.ts';
import { openStore } from '../src/storage/open-store.ts';

const unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;
const projectId = '0'.repeat(32);

/** What one run took. Processor time is that of this process alone, not of the server it reads from. */
export interface Taken {
  readonly seconds: number;
  readonly processorSeconds: number;
}

/** Runs `work` and measures it. */
export async function measured<T>(work: () => Promise<T>): Promise<Taken & { readonly result: T }> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / 1e6 };
}

/** A fresh repository of files in a folder, and backups into it from this process, as a worker thread of the server would take them. */
export async function fileRepository(folder: string): Promise<{
  backUp(uri: string, id: string, base: readonly string[]): Promise<CaptureSummary>;
  /** Into an empty target, as a worker thread would. */
  restore(uri: string, id: string): Promise<RestoreSummary>;
  close(): Promise<void>;
}> {
  const path = join(folder, 'repository');
  await rm(path, { recursive: true, force: true });
  const store = await openStore(pathToFileURL(path).href, { clock: systemClock });
  const repository = await openRepository({ store, unlock, clock: systemClock, create: true });
  const project = repository.project(projectId);
  return {
    backUp: (uri, id, base) =>
      capture(
        {
          kind: 'capture',
          repository: { url: pathToFileURL(path).href, unlock },
          projectId,
          instance: { id: 'bench', name: 'bench', uri },
          backup: { id, name: id, description: '', type: 'Manual' },
          baseCandidates: base,
        },
        { signal: new AbortController().signal, report: () => undefined },
        { repository: project, clock: systemClock },
      ),
    restore: (uri, backupId) =>
      restore(
        {
          kind: 'restore',
          repository: { url: pathToFileURL(path).href, unlock },
          projectId,
          backupId,
          restoreId: `bench of ${backupId}`,
          target: { id: 'bench', uri },
          selection: wholeBackup,
          overwrite: false,
        },
        { signal: new AbortController().signal, report: () => undefined },
        { repository: project, clock: systemClock },
      ),
    close: () => repository.close(),
  };
}
