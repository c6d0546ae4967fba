import type { StoreOptions } from '../storage/port.ts';
import { listArchives } from './check-archive.ts';
import { mergeableSegments, mergeSegments, type Merged } from './merge-segments.ts';
import type { OpenedRepository } from './open-repository.ts';

/** What became of one archived oplog, or with `dryRun` would. */
export interface ArchiveMerging extends Merged {
  readonly projectId: string;
  readonly instanceId: string;
}

/** Merges the segments of all archives, as a server does every hour, or says only what would be merged. Safe beside servers. */
export async function mergeArchives(
  repository: OpenedRepository,
  { dryRun, ...options }: StoreOptions & { readonly dryRun: boolean },
): Promise<readonly ArchiveMerging[]> {
  const done: ArchiveMerging[] = [];
  for await (const projectId of repository.listProjects(options)) {
    const context = repository.context(projectId);
    for (const place of await listArchives(context, options)) {
      const { merged, removed } = await (dryRun ? mergeableSegments : mergeSegments)(context, place, options);
      done.push({ projectId, instanceId: place.instanceId, merged, removed });
    }
  }
  return done;
}
