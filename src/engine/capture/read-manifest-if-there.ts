import { isLarderError } from '../../core/errors.ts';
import type { Manifest } from '../../core/image.ts';
import type { ProjectRepository } from '../../repository/port.ts';

/** The manifest of a backup, or null where there is none that can be used. */
export async function readManifestIfThere(repository: ProjectRepository, backupId: string): Promise<Manifest | null> {
  try {
    return await repository.readManifest(backupId);
  } catch (error) {
    // A damaged manifest is no base; that it is damaged is the business of `repository check`.
    if (isLarderError(error, 'backup-not-found') || isLarderError(error, 'object-corrupt')) return null;
    throw error;
  }
}
