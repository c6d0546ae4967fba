import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { wholeBackup } from '../src/core/restore-selection.ts';
import { capture } from '../src/engine/capture/capture.ts';
import { clearTarget } from '../src/engine/restore/clear-target.ts';
import type { CaptureTask } from '../src/engine/tasks.ts';
import { restore as restoreBackup } from '../src/engine/restore/restore.ts';
import { systemClock } from '../src/lib/clock.ts';
import { openRepository, type OpenedRepository } from '../src/repository/open-repository.ts';
import type { ProjectRepository } from '../src/repository/port.ts';
import { openStore } from '../src/storage/open-store.ts';
import type { MeasuredWork, Prepare } from './measured-work.ts';

const unlock = { kind: 'key-file', key: Buffer.alloc(32, 7) } as const;
const projectId = '0'.repeat(32);
const context = { signal: new AbortController().signal, report: () => undefined };

/** The repository of files in a folder, which is made where it is not there. */
export async function openFolder(folder: string): Promise<{ readonly url: string; readonly repository: OpenedRepository }> {
  const url = pathToFileURL(join(folder, 'repository')).href;
  const store = await openStore(url, { clock: systemClock });
  return { url, repository: await openRepository({ store, unlock, clock: systemClock, create: true }) };
}

/** A project of it. */
export async function openProject(folder: string): Promise<{ readonly url: string; readonly repository: ProjectRepository }> {
  const { url, repository } = await openFolder(folder);
  return { url, repository: repository.project(projectId) };
}

/** What is told to whoever takes a backup into the repository at `url`. */
export function captureTask(url: string, { uri, id, base }: MeasuredWork['backup']['of']): CaptureTask {
  return {
    kind: 'capture',
    repository: { url, unlock },
    projectId,
    instance: { id: 'bench', name: 'bench', uri },
    backup: { id, name: id, description: '', type: 'Manual' },
    baseCandidates: base,
  };
}

/** A backup as a worker of the server takes it. */
export const backup: Prepare<'backup'> = async (of) => {
  const { url, repository } = await openProject(of.folder);
  return () => capture(captureTask(url, of), context, { repository, clock: systemClock });
};

/** A restore as a worker of the server does it. */
export const restore: Prepare<'restore'> = async ({ uri, folder, id, point }) => {
  const { url, repository } = await openProject(folder);
  const way = point === undefined ? {} : { pointInTime: { point, instanceId: 'bench', timeline: 1, olderBases: [] } };
  const task = {
    kind: 'restore',
    repository: { url, unlock },
    projectId,
    legs: [{ backupId: id, selection: wholeBackup, ...way }],
    restoreId: `bench of ${id}${point === undefined ? '' : ' and later'}`,
    target: { id: 'bench', uri },
    overwrite: false,
  } as const;
  return async () => {
    const summary = await restoreBackup(task, context, { repository, clock: systemClock });
    await clearTarget(task, context.signal);
    return summary;
  };
};
