import type { ProjectRepository } from '../../repository/port.ts';
import type { Outline, OutlineTask, TaskContext } from '../tasks.ts';
import { setOut } from './set-out.ts';

/**
 * The image of a point in time without the layers that hold its documents: names, definitions and sizes of everything, and the way there. Holds in memory
 * those, and of the oplog what a few segments hold. Errors as `setOut`.
 */
export async function outline(task: OutlineTask, { signal }: TaskContext, repository: ProjectRepository): Promise<Outline> {
  const { manifest, journey } = await setOut(task, repository, signal);
  const { entries, bytes, growth } = journey!.course;
  const collections = manifest.collections.map((image) => ({ ...image, layers: [] }));
  return { ...manifest, collections, way: { entries, bytes }, writes: growth };
}
