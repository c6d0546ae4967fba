import { isLarderError, LarderError } from '../../core/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Repository } from '../../repository/port.ts';
import { sealedContexts } from '../sealed-contexts.ts';

/** How long a link may be used to begin a download, milliseconds (pitfall A9). */
export const linkLife = 15 * 60 * 1000;

/** What a link is for. */
export interface Linked {
  readonly projectId: string;
  readonly backupId: string;
}

/**
 * What proves a link, and until when it does, to the second. It is sealed with the key of the repository, so that every server on the same
 * repository accepts it and nobody else can make one.
 */
export function sealLink(
  { repository, clock }: { readonly repository: Repository; readonly clock: Clock },
  { projectId, backupId }: Linked,
): { readonly token: string; readonly expires: Date } {
  const expires = new Date(Math.floor((clock.now().getTime() + linkLife) / 1000) * 1000);
  return { token: repository.sealSecret(expires.toISOString(), sealedContexts.download(projectId, backupId)), expires };
}

/** `forbidden` for what nobody made for this backup of this project, for what was altered, and for a link that is too old. */
export function checkLink(
  { repository, clock }: { readonly repository: Repository; readonly clock: Clock },
  { projectId, backupId }: Linked,
  token: string,
): void {
  let expires: Date;
  try {
    expires = new Date(repository.openSecret(token, sealedContexts.download(projectId, backupId)));
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    throw new LarderError('forbidden', 'This is no link that Larder made for this backup, or it was altered.', { cause: error });
  }
  if (clock.now() >= expires) throw new LarderError('forbidden', 'The link has expired; ask for another one.');
}
