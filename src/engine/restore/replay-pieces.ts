import { concurrently } from '../../lib/concurrently.ts';
import type { Course, Growth } from '../replay/chart-course.ts';
import type { ReplaySource } from '../replay/replay-source.ts';
import { replay } from '../replay/replay.ts';
import type { ReplayNote, ReplayNotes } from '../replay/replay.ts';
import type { ReplayedCollection } from '../replay/replay-window.ts';
import { hasIdIndex } from './definitions.ts';
import { backToSize } from './image-content.ts';
import { loadCollection } from './load-collection.ts';
import type { LoadDependencies } from './load-collection.ts';
import { nameOf, reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { readState, writeState } from './restore-state.ts';
import { stagingName } from './target-names.ts';
import { throughElections } from './through-elections.ts';
import { verifyDocuments } from './verify.ts';

/** Collections filled or read back at the same time. */
const collectionsAtOnce = 2;

/** Where one replay keeps how far it is. */
export interface NotePlace {
  readonly db: string;
  readonly key: string;
}

export interface ReplayDependencies extends LoadDependencies {
  readonly course: Course;
  readonly source: ReplaySource;
  readonly replayWindowBytes?: number | undefined;
  /** Resolves once the target may open the files that a piece takes. */
  readonly makeRoom: (piece: Piece, signal: AbortSignal) => Promise<void>;
}

/** The place of the note of these pieces, which are replayed together: the same in every try of a restore. */
export function notePlace(restoreId: string, pieces: readonly Piece[]): NotePlace {
  const dbs = pieces.map(({ built }) => built.db).toSorted();
  return { db: dbs[0]!, key: stagingName(restoreId, `replay of ${pieces.map(({ key }) => key).toSorted()[0]}`) };
}

/**
 * Makes collections hold what they held at the point of the course: fills them from the base, compares them with it, and adds what was
 * written since. Goes on where an earlier call came to; what cannot be gone on with (an order of documents, or no index on `_id`)
 * begins anew. Driver errors pass through.
 */
export async function replayPieces(pieces: readonly Piece[], place: NotePlace, deps: ReplayDependencies): Promise<void> {
  const waiting = pieces.filter((piece) => !reached(piece, 'replayed'));
  if (waiting.length === 0) return;
  await throughElections(deps.client, deps.signal, (signal) => {
    const trying = { ...deps, signal };
    return replayOnce(waiting, notesAt(place, trying), trying);
  });
}

async function replayOnce(pieces: readonly Piece[], notes: ReplayNotes, deps: ReplayDependencies): Promise<void> {
  const { client, course, source, progress, signal } = deps;
  const note = await notes.read();
  const isBehind = new Set(note?.behind ?? []);
  const goesOn = new Map<Piece, string>();
  for (const piece of pieces) {
    const { db } = piece.built;
    piece.state = await readState(client, db, piece.key, signal);
    const isLoaded = reached(piece, 'loaded');
    if (note === null || !isLoaded) continue;
    if (inOrder(piece) || isBehind.has(piece.planned.image.uuid)) {
      // Of no collection, so that it is made anew.
      await writeState(client, { db, key: piece.key }, { ...piece.state, stage: 'loading', uuid: '' }, { durable: true, signal });
    } else goesOn.set(piece, piece.state!.uuid);
  }
  progress.phase('restoring documents');
  await concurrently(pieces, collectionsAtOnce, async (piece) => {
    await deps.makeRoom(piece, signal);
    await loadCollection(piece, deps);
  });
  const behind = note === null ? [] : pieces.filter((piece) => goesOn.get(piece) !== piece.state!.uuid);
  progress.phase('comparing');
  await concurrently(note === null ? pieces : behind, collectionsAtOnce, (piece) => compareWithBase(piece, deps));
  progress.phase('replaying');
  const growth = pieces.map(({ planned }) => course.growth.get(planned.image.uuid)!);
  const sum = (of: (one: Growth) => number): number => growth.reduce((total, one) => total + of(one), 0);
  progress.expect(
    sum(({ writes }) => writes),
    sum(({ bytes }) => bytes),
  );
  await replay({
    client,
    course,
    source,
    collections: new Map(pieces.map((piece) => [piece.planned.image.uuid, replayed(piece)])),
    behind: new Set(behind.map(({ planned }) => planned.image.uuid)),
    notes,
    onWrites: (writes, bytes) => progress.moved(writes, bytes),
    windowBytes: deps.replayWindowBytes,
    signal,
  });
  await concurrently(pieces, collectionsAtOnce, async (piece) => {
    const state = { ...piece.state!, stage: 'replayed' } as const;
    await writeState(client, { db: piece.built.db, key: piece.key }, state, { durable: true, signal });
    piece.state = state;
  });
}

function replayed(piece: Piece): ReplayedCollection {
  const { db, name } = piece.built;
  return { db, name, shown: nameOf(piece), inOrder: inOrder(piece) };
}

/** True if a write that is done twice, or in another order, would leave something else. */
export function inOrder({ built }: Piece): boolean {
  return built.capped || !hasIdIndex(built);
}

/** Reads the collection back as it is before anything is added: `image-mismatch` if it differs from the image. */
async function compareWithBase(piece: Piece, { client, progress, signal }: ReplayDependencies): Promise<void> {
  await verifyDocuments(client, piece, (batch) => progress.read(batch), signal);
  // It was made larger than it is only to be filled.
  if (piece.fit === 'resize')
    await client.db(piece.built.db).command({ ...backToSize(piece.built), writeConcern: { w: 'majority' } }, { signal });
}

function notesAt(place: NotePlace, { client, signal }: ReplayDependencies): ReplayNotes {
  return {
    read: () => readState<ReplayNote>(client, place.db, place.key, signal),
    write: (note, durable) => writeState(client, place, note, { durable, signal }),
  };
}
