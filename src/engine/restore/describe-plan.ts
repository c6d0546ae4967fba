import { decodeOrdered } from '../../mongo/ordered-document.ts';
import { fullName, visibleName } from './plan-restore.ts';
import type { HeldCollection, RestorePlan } from './plan-restore.ts';

/** Something of the target that would be lost. Sizes are null where the server does not say, and for views. */
export interface PlannedLoss {
  readonly name: string;
  readonly documents: number | null;
  readonly bytes: number | null;
}

/** One thing that would come out of the backup. */
export interface PlannedArrival {
  /** Its name in the backup. */
  readonly from: string;
  readonly name: string;
  readonly kind: 'collection' | 'timeseries' | 'view';
  /** Of the image: raw documents (of a time-series collection, buckets) and their bytes. */
  readonly documents: number;
  readonly bytes: number;
  /** Indexes that would be built, by name. */
  readonly indexes: readonly string[];
  /** False for what is dropped and made anew, because the server cannot rename it. */
  readonly swapped: boolean;
  /** What it takes the place of; null where it is new. */
  readonly overwrites: PlannedLoss | null;
}

/** A plan for people and scripts. */
export interface PlanDescription {
  readonly arrivals: readonly PlannedArrival[];
  readonly drops: readonly PlannedLoss[];
  readonly users: boolean;
  readonly documents: number;
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** What the plan would do, in the order of names. Pure. */
export function describePlan(plan: RestorePlan): PlanDescription {
  const collections = plan.collections.map((planned): PlannedArrival => {
    const { image, series, way, replaces } = planned;
    return {
      from: planned.from,
      name: visibleName(planned),
      kind: series === null ? 'collection' : 'timeseries',
      documents: image.documents,
      bytes: image.bytes,
      indexes: (series ?? image).indexes.map(nameOfIndex).filter((name) => name !== '_id_'),
      swapped: way === 'swap',
      overwrites: lossOf(replaces),
    };
  });
  const views = plan.views.map(({ from, image, replaces }): PlannedArrival => ({
    from,
    name: fullName(image),
    kind: 'view',
    documents: 0,
    bytes: 0,
    indexes: [],
    swapped: false,
    overwrites: lossOf(replaces),
  }));
  return {
    arrivals: [...collections, ...views].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    drops: plan.drops.map((held) => lossOf(held)!),
    users: plan.users,
    documents: collections.reduce((sum, { documents }) => sum + documents, 0),
    bytes: collections.reduce((sum, { bytes }) => sum + bytes, 0),
    notes: plan.notes,
  };
}

function lossOf(held: HeldCollection | null): PlannedLoss | null {
  return held === null ? null : { name: fullName(held), documents: held.documents, bytes: held.bytes };
}

function nameOfIndex(raw: string): string {
  return String(decodeOrdered(Buffer.from(raw, 'base64')).get('name'));
}
