import { LarderError } from '../../core/errors.ts';
import type { CollectionImage } from '../../core/image.ts';
import { newPiece } from './piece.ts';
import type { Piece } from './piece.ts';
import { fullName, visibleName } from './plan-restore.ts';
import type { RestorePlan } from './plan-restore.ts';
import { notePlace } from './replay-pieces.ts';
import { holdsUsersOrRoles, plannedUsers } from './restore-users.ts';
import type { Destination } from './set-out.ts';

/** One image, or the part of it that was asked for, on its way into the target. */
export interface Leg {
  readonly plan: RestorePlan;
  readonly journey: Destination['journey'];
  /** What is built beside its place, and what is built in it. */
  readonly swapped: readonly Piece[];
  readonly inPlace: readonly Piece[];
  /** Users and roles; with the piece in which they become what they were at a point in time, null for a backup. */
  readonly users: readonly { readonly image: CollectionImage; readonly piece: Piece | null }[];
}

export interface LegOptions {
  readonly restoreId: string;
  readonly overwrite: boolean;
}

/** The leg at its beginning. */
export function newLeg({ manifest, journey }: Destination, plan: RestorePlan, { restoreId, overwrite }: LegOptions): Leg {
  const version = manifest.source.serverVersion;
  const pieces = plan.collections.map((planned) => newPiece(planned, restoreId, version, overwrite));
  const users = plan.users ? manifest.collections.filter((image) => holdsUsersOrRoles(image)) : [];
  return {
    plan,
    journey,
    swapped: pieces.filter(({ planned }) => planned.way === 'swap'),
    inPlace: pieces.filter(({ planned }) => planned.way === 'in-place'),
    users: users.map((image) => ({
      image,
      piece: journey === null ? null : newPiece(plannedUsers(image), restoreId, version, overwrite),
    })),
  };
}

/** Everything that is built before the first thing of the target changes. */
export function builtBeside({ swapped, users }: Leg): readonly Piece[] {
  return [...swapped, ...users.flatMap(({ piece }) => piece ?? [])];
}

/** The collections that were asked for. */
export function broughtBy({ swapped, inPlace }: Leg): readonly Piece[] {
  return [...swapped, ...inPlace];
}

/** Where it is noted how far these legs are. */
export function statesOf(legs: readonly Leg[], restoreId: string): ReadonlySet<string> {
  const groups = legs.flatMap((leg) => [builtBeside(leg), leg.inPlace].map((pieces) => ({ leg, pieces })));
  const notes = groups
    .filter(({ leg, pieces }) => leg.journey !== null && pieces.length > 0)
    .map(({ pieces }) => notePlace(restoreId, pieces).key);
  return new Set([...groups.flatMap(({ pieces }) => pieces.map(({ key }) => key)), ...notes]);
}

/** `invalid-selection` if two legs would bring something under the same name. */
export function refuseMeetings(plans: readonly Pick<RestorePlan, 'collections' | 'views'>[]): void {
  const taken = new Set<string>();
  for (const { collections, views } of plans) {
    for (const name of [...collections.map(visibleName), ...views.map(({ image }) => fullName(image))]) {
      if (taken.has(name)) throw new LarderError('invalid-selection', `More than one thing would become ${name}.`);
      taken.add(name);
    }
  }
}
