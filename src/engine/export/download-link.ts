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

interface LinkDeps {
  readonly repository: Repository;
  readonly clock: Clock;
}

/**
 * What proves a link, and until when it does, to the second. It is sealed with the key of the repository, so that every server on the same
 * repository accepts it and nobody else can make one.
 */
export function sealLink(deps: LinkDeps, { projectId, backupId }: Linked): { readonly token: string; readonly expires: Date } {
  return sealedLink(deps, sealedContexts.download(projectId, backupId), linkLife);
}

/** The same for what the context names, for so many milliseconds. */
export function sealedLink(
  { repository, clock }: LinkDeps,
  context: string,
  life: number,
): { readonly token: string; readonly expires: Date } {
  const expires = new Date(Math.floor((clock.now().getTime() + life) / 1000) * 1000);
  return { token: repository.sealSecret(expires.toISOString(), context), expires };
}

/** `forbidden` for what nobody made for this backup of this project, for what was altered, and for a link that is too old. */
export function checkLink(deps: LinkDeps, { projectId, backupId }: Linked, token: string): void {
  openLink(deps, sealedContexts.download(projectId, backupId), token);
}

/** The same for what the context names. */
export function openLink({ repository, clock }: LinkDeps, context: string, token: string): void {
  let expires: Date;
  try {
    expires = new Date(repository.openSecret(token, context));
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    throw new LarderError('forbidden', 'This is no link that Larder made for this, or it was altered.', { cause: error });
  }
  if (clock.now() >= expires) throw new LarderError('forbidden', 'The link has expired; ask for another one.');
}
