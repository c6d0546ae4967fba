import type { OplogArchive } from '../../repository/port.ts';
import type { TaskResults } from '../tasks.ts';

/** Does what a `merge-archive` task says, timeline by timeline. */
export async function mergeArchive(archive: OplogArchive, signal: AbortSignal): Promise<TaskResults['merge-archive']> {
  let [merged, removed] = [0, 0];
  for (const { number } of await archive.timelines({ signal })) {
    const done = await archive.merge(number, { signal });
    merged += done.merged;
    removed += done.removed;
  }
  return { merged, removed };
}
