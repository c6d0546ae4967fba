import type { Manifest } from '../../core/image.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { OutlineTask, TaskContext } from '../tasks.ts';
import { setOut } from './set-out.ts';

/**
 * The image of a point in time without the layers that hold its documents: names, definitions and sizes of everything. Holds in memory
 * those, and of the oplog what a few segments hold. Errors as `setOut`.
 */
export async function outline(task: OutlineTask, { signal }: TaskContext, repository: ProjectRepository): Promise<Manifest> {
  const { manifest } = await setOut(task, repository, signal);
  return { ...manifest, collections: manifest.collections.map((image) => ({ ...image, layers: [] })) };
}
