import type { CollectionImage } from '../../core/image.ts';
import { contentHash, fitOf } from './image-content.ts';
import type { ContentHash, Fit } from './image-content.ts';
import type { PlannedCollection } from './plan-restore.ts';
import type { CollectionState } from './restore-state.ts';
import { stagingName } from './target-names.ts';

/** One collection on its way into the target. */
export interface Piece {
  readonly planned: PlannedCollection;
  /** The image under the name where it is built: beside its place, or in it. */
  readonly built: CollectionImage;
  readonly fit: Fit;
  /** Whatever is in its place may go. */
  readonly mayReplace: boolean;
  /** Names its state. */
  readonly key: string;
  /** null until it was begun. */
  state: CollectionState | null;
  /** What the image holds; empty until it was read whole, and where it need not be known any more. */
  hash: ContentHash;
  hashed: boolean;
  /** Where it belongs; `perhaps` from the moment when that was asked of the target until it said so. */
  placed: 'not' | 'perhaps' | 'yes';
  /** Batches that were counted as progress: a step that is repeated does not count them twice. */
  readonly counted: Set<number>;
  /** So many batches of what was read back were. */
  compared: number;
}

/** The piece at its beginning. `sourceVersion`: of the server that was backed up. */
export function newPiece(planned: PlannedCollection, restoreId: string, sourceVersion: string, mayReplace: boolean): Piece {
  const key = stagingName(restoreId, `${planned.image.db}.${planned.image.name}`);
  return {
    planned,
    built: planned.way === 'swap' ? { ...planned.image, name: key } : planned.image,
    fit: fitOf(planned.image, sourceVersion),
    mayReplace,
    key,
    state: null,
    hash: contentHash(planned.image),
    hashed: false,
    placed: 'not',
    counted: new Set(),
    compared: 0,
  };
}

const order = ['loading', 'loaded', 'replayed', 'compared', 'ready'] as const satisfies readonly CollectionState['stage'][];

/** True if the piece has come to the stage, or further. */
export function reached({ state }: Piece, stage: CollectionState['stage']): boolean {
  return state !== null && order.indexOf(state.stage) >= order.indexOf(stage);
}

/** Namespace under which people know it. */
export function nameOf({ planned }: Piece): string {
  const { db, name } = planned.series ?? planned.image;
  return `${db}.${name}`;
}
