import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { broughtBy } from './leg.ts';
import type { Leg } from './leg.ts';
import { nameOf, reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { isInPlace } from './take-back.ts';

/** So many names of one sort are said; the reason of a failed job is a text of bounded length. */
const namesShown = 8;
/** The target is asked once, and may be what failed. Milliseconds. */
const patience = 5_000;

interface Standing {
  readonly inPlace: readonly string[];
  readonly perhaps: readonly string[];
  /** Dropped to be made anew, and not whole yet. */
  readonly unfinished: readonly string[];
  readonly waiting: readonly string[];
}

/**
 * The failure of a restore that stopped while things took their places, which says what is in place by now and what is not; the same
 * failure where the target is still as it was. `goesOn`: trying again finds all that is done, so that the restore may still end whole.
 * Never throws.
 */
export async function failedHalfWay(
  client: MongoClient,
  legs: readonly Leg[],
  failure: LarderError,
  { goesOn, signal }: { readonly goesOn: boolean; readonly signal: AbortSignal },
): Promise<LarderError> {
  const asking = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  for (const piece of legs.flatMap((leg) => broughtBy(leg))) {
    if (piece.placed !== 'perhaps') continue;
    const found = await isInPlace(client, piece, asking).catch(() => null);
    if (found !== null) piece.placed = found ? 'yes' : 'not';
  }
  const standing = describeStanding(legs);
  if (standing === null) return failure;
  const { code, message, details } = failure;
  return new LarderError(code, `${endSentence(message)} ${standing}`, { cause: failure, details, retryable: goesOn });
}

/** What of the legs is in its place and what is not, in words; null where the target is still as it was. */
export function describeStanding(legs: readonly Leg[]): string | null {
  const pieces = legs.flatMap((leg) => broughtBy(leg));
  const named = (wanted: keyof Standing): readonly string[] =>
    pieces
      .filter((piece) => sortOf(piece) === wanted)
      .map(nameOf)
      .toSorted();
  const standing = {
    inPlace: named('inPlace'),
    perhaps: named('perhaps'),
    unfinished: named('unfinished'),
    waiting: named('waiting'),
  };
  return standing.waiting.length === pieces.length
    ? null
    : describe(
        standing,
        pieces.length,
        pieces.every(({ mayReplace }) => mayReplace),
      );
}

function sortOf(piece: Piece): keyof Standing {
  if (piece.planned.way === 'in-place')
    return reached(piece, 'ready') ? 'inPlace' : piece.state === null ? 'waiting' : 'unfinished';
  return piece.placed === 'yes' ? 'inPlace' : piece.placed === 'perhaps' ? 'perhaps' : 'waiting';
}

function describe({ inPlace, perhaps, unfinished, waiting }: Standing, count: number, replaces: boolean): string {
  const again = replaces ? 'Restoring again puts it right.' : 'Drop what is there before it is restored again.';
  if (inPlace.length === count)
    return `All collections are in place and as in the backup; only what comes after them is not done. ${again}`;
  const parts = [
    said(inPlace, 'in place as restored'),
    said(perhaps, 'in place or not, the target did not say'),
    said(unfinished, 'dropped to be made anew, and not whole'),
    said(waiting, replaces ? 'as before' : 'not there yet'),
  ];
  return `The target is half-way: of ${count} ${count === 1 ? 'collection' : 'collections'} ${parts.filter((part) => part !== null).join('; ')}. ${again}`;
}

function said(names: readonly string[], what: string): string | null {
  if (names.length === 0) return null;
  const more = names.length - namesShown;
  const shown = names.slice(0, namesShown).join(', ');
  return `${names.length} ${names.length === 1 ? 'is' : 'are'} ${what} (${more > 0 ? `${shown} and ${more} more` : shown})`;
}

function endSentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
