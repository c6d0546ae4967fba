import type { ReplaySummary, RestoreSummary } from '../tasks.ts';
import type { KeptUsers } from './kept-users.ts';
import { broughtBy } from './leg.ts';
import type { Leg } from './leg.ts';
import { nameOf } from './piece.ts';
import type { Piece } from './piece.ts';

/** How the note begins that says who stayed as they were. */
export const keptNote = 'Left as they were, so that nobody is locked out: ';

/** Sums up a restore that is done. `kept`: who stayed as they were; null where users were not restored. */
export function summariseRestore(legs: readonly Leg[], kept: KeptUsers | null, seconds: number): RestoreSummary {
  const pieces = legs.flatMap((leg) => broughtBy(leg));
  return {
    documents: pieces.reduce((total, { state }) => total + state!.documents, 0),
    bytes: pieces.reduce((total, { state }) => total + state!.bytes, 0),
    collections: pieces.length,
    verified: true,
    replayed: legs.flatMap((leg) => replayOf(leg) ?? []),
    seconds,
    unbuilt: pieces.flatMap((piece) =>
      piece.state!.failedIndexes.map(({ name, reason }) => `${name} of ${nameOf(piece)} (${reason})`),
    ),
    notes: [
      ...new Set([
        ...legs.flatMap(({ plan }) => plan.notes),
        ...pieces.flatMap(expiring),
        ...pieces.flatMap(overflowing),
        ...pieces.flatMap(changing),
        ...legs.flatMap(unproved),
        ...(kept === null ? [] : stayed(kept)),
      ]),
    ],
  };
}

function replayOf(leg: Leg): ReplaySummary | null {
  if (leg.journey === null) return null;
  const { base, until, entries, bytes, growth } = leg.journey.course;
  const writes = broughtBy(leg).reduce((sum, { planned }) => sum + growth.get(planned.image.uuid)!.writes, 0);
  return { baseBackupId: base.backupId, base: base.clusterTime, point: until, entries, bytes, writes };
}

function expiring(piece: Piece): readonly string[] {
  const { expired } = piece.state!;
  if (expired === 0) return [];
  return [`${nameOf(piece)}: ${expired} are past their time already; the server deletes them when it looks next.`];
}

function overflowing(piece: Piece): readonly string[] {
  if (piece.fit !== 'leave-out') return [];
  const left = piece.planned.image.documents - piece.state!.documents;
  return [`${nameOf(piece)}: ${left} of its oldest documents are more than its size allows, and were left out.`];
}

function changing(piece: Piece): readonly string[] {
  const { emptyTimestamps = 0 } = piece.state!;
  if (emptyTimestamps === 0) return [];
  const documents = emptyTimestamps === 1 ? 'a document has' : `${emptyTimestamps} documents have`;
  return [
    `${nameOf(piece)}: ${documents} an empty timestamp, which the primary holds; the secondaries of a server older than 5.0 replace it by the time.`,
  ];
}

/** Who was kept from being locked out. */
function stayed({ users, roles }: KeptUsers): readonly string[] {
  if (users.size === 0 && roles.size === 0) return [];
  const all = [...[...users].map((id) => `the user ${id}`), ...[...roles].map((id) => `the role ${id}`)];
  return [`${keptNote}${all.join(', ')}.`];
}

/** What the proof of a point in time leaves open. */
function unproved(leg: Leg): readonly string[] {
  if (leg.journey === null) return [];
  const capped = broughtBy(leg)
    .filter(({ planned }) => planned.image.capped)
    .map(nameOf);
  const uncounted =
    capped.length === 0
      ? []
      : [`Documents of capped collections were replayed and not counted, because they go by size: ${capped.join(', ')}.`];
  return leg.plan.whole
    ? uncounted
    : [...uncounted, 'Of transactions that also wrote to other collections only the part that belongs to these was replayed.'];
}
