import { isLarderError } from '../../core/errors.ts';
import type { HistoryPage } from '../../core/history.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { HistoryTask } from '../tasks.ts';
import { readHistory } from './read-history.ts';

/** How long a page is read, milliseconds: whoever asks waits for it. */
const budgetMs = 10_000;
/** … at most, where something would be torn. */
const mostMs = 20_000;
/** Images that are asked for the collection of a name: the newest ones. */
const mostImages = 16;

export interface HistoryDeps {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Does what a `history` task says. Errors as `readHistory`. */
export async function history(
  { instanceId, stretches, bases, query }: HistoryTask,
  { repository, clock, signal }: HistoryDeps,
): Promise<HistoryPage> {
  const images = query.ns === null || query.marker !== null ? [] : bases.slice(0, mostImages);
  const uuids = new Set<string>();
  for (const { backupId } of images) for (const uuid of await uuidsOf(repository, backupId, query.ns!)) uuids.add(uuid);
  const archive = repository.oplog(instanceId);
  return readHistory({ archive, stretches, bases, uuids: [...uuids], query, budgetMs, mostMs, clock, signal });
}

/** Which collection had the name when the image was made; an image that was deleted meanwhile, or is damaged, does not say. */
async function uuidsOf(repository: ProjectRepository, backupId: string, ns: string): Promise<readonly string[]> {
  try {
    const { collections } = await repository.readManifest(backupId);
    return collections.filter(({ db, name }) => `${db}.${name}` === ns).map(({ uuid }) => uuid);
  } catch (error) {
    if (!isLarderError(error, 'backup-not-found') && !isLarderError(error, 'object-corrupt')) throw error;
    return [];
  }
}
