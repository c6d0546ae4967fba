import type { OplogArchive } from '../../repository/port.ts';
import type { TaskResults, TrimArchiveTask } from '../tasks.ts';

/** Does what a `trim-archive` task says. Cut short at any moment, what is left reads as before. */
export async function trimArchive(
  archive: OplogArchive,
  timelines: TrimArchiveTask['timelines'],
  signal: AbortSignal,
): Promise<TaskResults['trim-archive']> {
  let [segments, freedBytes] = [0, 0];
  for (const { number, keep } of timelines) {
    const removed = await archive.trim(number, keep, { signal });
    segments += removed.segments;
    freedBytes += removed.bytes;
  }
  return { segments, freedBytes };
}
