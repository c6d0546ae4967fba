import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wholeBackup } from '../src/core/restore-selection.ts';
import { capture } from '../src/engine/capture/capture.ts';
import { restore as restoreBackup } from '../src/engine/restore/restore.ts';
import { systemClock } from '../src/lib/clock.ts';
import { openRepository } from '../src/repository/open-repository.ts';
import type { ProjectRepository } from '../src/repository/port.ts';
import { openStore } from '../src/storage/open-store.ts';
import type { Prepare } from './measured-work.ts';

const unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;
const projectId = '0'.repeat(32);
const context = { signal: new AbortController().signal, report: () => undefined };

/** A project of the repository of files in a folder, which is made where it is not there. */
async function openProject(folder: string): Promise<{ readonly url: string; readonly repository: ProjectRepository }> {
  const url = pathToFileURL(join(folder, 'repository')).href;
  const store = await openStore(url, { clock: systemClock });
  const opened = await openRepository({ store, unlock, clock: systemClock, create: true });
  return { url, repository: opened.project(projectId) };
}

/** A backup as a worker of the server takes it. */
export const backup: Prepare<'backup'> = async ({ uri, folder, id, base }) => {
  const { url, repository } = await openProject(folder);
  const task = {
    kind: 'capture',
    repository: { url, unlock },
    projectId,
    instance: { id: 'bench', name: 'bench', uri },
    backup: { id, name: id, description: '', type: 'Manual' },
    baseCandidates: base,
  } as const;
  return () => capture(task, context, { repository, clock: systemClock });
};

/** A restore as a worker of the server does it. */
export const restore: Prepare<'restore'> = async ({ uri, folder, id }) => {
  const { url, repository } = await openProject(folder);
  const task = {
    kind: 'restore',
    repository: { url, unlock },
    projectId,
    legs: [{ backupId: id, selection: wholeBackup }],
    restoreId: `bench of ${id}`,
    target: { id: 'bench', uri },
    overwrite: false,
  } as const;
  return () => restoreBackup(task, context, { repository, clock: systemClock });
};
