import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, Manifest, ViewImage } from '../../core/image.ts';
import { isWhole, parseNamespace } from '../../core/restore-selection.ts';
import type { Namespace, RestoreSelection, SelectedName } from '../../core/restore-selection.ts';
import { decodeOrdered } from '../../mongo/ordered-document.ts';
import { bucketsOf, isBuckets, seriesOf } from './definitions.ts';
import { holdsUsersOrRoles } from './restore-users.ts';
import { checkNewCollection, checkNewDatabase } from './target-names.ts';

/** Something of the user's that the target holds now. */
export interface HeldCollection extends Namespace {
  readonly type: 'collection' | 'view' | 'timeseries';
  /** null where nobody asked for sizes, and for views. */
  readonly documents: number | null;
  readonly bytes: number | null;
}

/**
 * One collection to bring. `swap`: filled, indexed and compared beside the one it replaces and put in its place at the very end.
 * `in-place`: of a kind that cannot be renamed; dropped and made anew when everything that can be is ready.
 */
export interface PlannedCollection {
  /** Its name in the backup. */
  readonly from: string;
  /** The image under its name in the target. */
  readonly image: CollectionImage;
  readonly way: 'swap' | 'in-place';
  /** The definition whose buckets these are, under its name in the target. */
  readonly series: ViewImage | null;
  readonly replaces: HeldCollection | null;
}

export interface PlannedView {
  readonly from: string;
  readonly image: ViewImage;
  readonly replaces: HeldCollection | null;
}

/** What a restore does to a target: all of it, before any of it is done. */
export interface RestorePlan {
  readonly whole: boolean;
  readonly collections: readonly PlannedCollection[];
  readonly views: readonly PlannedView[];
  readonly users: boolean;
  /** Databases that become what the backup says, so that nothing else stays in them. */
  readonly databases: readonly string[];
  readonly drops: readonly HeldCollection[];
  /** Databases of which nothing stays. Their collections are among `drops`. */
  readonly dropDatabases: readonly string[];
  /** What will not be the same afterwards, one line each. */
  readonly notes: readonly string[];
}

/**
 * Plans a restore of the selected part of a backup into a target that holds `held` (whatever else it holds is not touched). Pure.
 * `invalid-selection` for a name that the backup does not have, a new name that cannot be one, or two things of one name.
 */
export function planRestore(manifest: Manifest, held: readonly HeldCollection[], selection: RestoreSelection): RestorePlan {
  const whole = isWhole(selection);
  const collections = manifest.collections.filter((image) => !holdsUsersOrRoles(image));
  checkSelection(selection, collections, manifest.views);
  const heldByName = new Map(held.map((one) => [fullName(one), one]));
  const series = new Map(manifest.views.filter(({ type }) => type === 'timeseries').map((view) => [fullName(view), view]));

  const plannedCollections: PlannedCollection[] = [];
  for (const image of collections) {
    const visible = isBuckets(image.name) ? { db: image.db, name: seriesOf(image.name) } : image;
    const to = targetOf(visible, selection);
    if (to === null) continue;
    const definition = isBuckets(image.name) ? (series.get(fullName(visible)) ?? null) : null;
    plannedCollections.push({
      from: fullName(visible),
      image: { ...image, db: to.db, name: isBuckets(image.name) ? bucketsOf(to.name) : to.name },
      way: canBeRenamed(image) ? 'swap' : 'in-place',
      series: definition === null ? null : { ...definition, ...to },
      replaces: heldByName.get(fullName(to)) ?? null,
    });
  }
  const views: PlannedView[] = [];
  for (const view of manifest.views) {
    const to = view.type === 'view' ? targetOf(view, selection) : null;
    if (to === null) continue;
    views.push({ from: fullName(view), image: { ...view, ...to }, replaces: heldByName.get(fullName(to)) ?? null });
  }
  refuseTwice([...plannedCollections, ...views]);

  const brought = new Set([...plannedCollections.map(visibleName), ...views.map(({ image }) => fullName(image))]);
  const databases = [...new Set(selection.databases.map(({ name, newName }) => newName ?? name))];
  const drops = held.filter((one) => (whole || databases.includes(one.db)) && !brought.has(fullName(one)));
  const kept = new Set([...plannedCollections, ...views].map(({ image }) => image.db));
  const dropDatabases = [...new Set(drops.map(({ db }) => db))].filter((db) => db !== 'admin' && !kept.has(db));
  refuseOtherCase(held, kept);
  return {
    whole,
    collections: plannedCollections.toSorted((a, b) => b.image.bytes - a.image.bytes),
    views,
    users: selection.users,
    databases,
    drops,
    dropDatabases,
    notes: viewsOnMoved(views, selection),
  };
}

/** The name by which people know it, in the target: of buckets, that of their time-series collection. */
export function visibleName({ image, series }: Pick<PlannedCollection, 'image' | 'series'>): string {
  return fullName(series ?? image);
}

/** `target-not-empty` naming what would be lost, if anything of the target would; `own` is not counted. */
export function refuseLosses(plan: RestorePlan, own: ReadonlySet<string> = new Set()): void {
  const lost = [...plan.collections, ...plan.views]
    .flatMap(({ replaces }) => (replaces === null ? [] : [fullName(replaces)]))
    .concat(plan.drops.map(fullName))
    .filter((name) => !own.has(name));
  if (lost.length === 0) return;
  const shown = lost.slice(0, 5).join(', ') + (lost.length > 5 ? ` and ${lost.length - 5} more` : '');
  throw new LarderError(
    'target-not-empty',
    `The target is not empty; a restore would replace ${shown}. Ask for overwriting if that is meant.`,
  );
}

export function fullName({ db, name }: Namespace): string {
  return `${db}.${name}`;
}

function targetOf(source: Namespace, selection: RestoreSelection): Namespace | null {
  const own = selection.collections.find(({ name }) => name === fullName(source));
  if (own !== undefined) return own.newName === null ? { db: source.db, name: source.name } : parseNamespace(own.newName);
  const database = selection.databases.find(({ name }) => name === source.db);
  if (database !== undefined) return { db: database.newName ?? database.name, name: source.name };
  return isWhole(selection) ? { db: source.db, name: source.name } : null;
}

/** Time-series collections, stored functions and encrypted collections keep the name they were made under. */
export function canBeRenamed(image: Pick<CollectionImage, 'name' | 'options'>): boolean {
  if (image.name.startsWith('system.')) return false;
  return !decodeOrdered(Buffer.from(image.options, 'base64')).has('encryptedFields');
}

function checkSelection(
  { databases, collections }: RestoreSelection,
  images: readonly CollectionImage[],
  views: readonly ViewImage[],
): void {
  const everything = [...images.filter(({ name }) => !isBuckets(name)), ...views];
  const names = {
    databases: new Set(everything.map(({ db }) => db)),
    collections: new Map(everything.map((one) => [fullName(one), one])),
  };
  refuseRepeated([...databases, ...collections]);
  for (const { name, newName } of databases) {
    if (!names.databases.has(name)) throw invalid(`The backup holds no database ${name}.`);
    if (newName !== null && newName !== name) checkNewDatabase(newName);
    if (newName !== null && newName !== name && name === 'admin')
      throw invalid('The database admin cannot be given another name.');
  }
  for (const { name, newName } of collections) {
    const image = names.collections.get(name);
    if (image === undefined) throw invalid(`The backup holds no collection ${name}.`);
    if (newName === null || newName === name) continue;
    checkNewCollection(newName);
    if (!('type' in image) && !canBeRenamed(image))
      throw invalid(`The collection ${name} is of a kind that cannot be given another name.`);
  }
}

function refuseRepeated(names: readonly SelectedName[]): void {
  const seen = new Set<string>();
  for (const { name } of names) {
    if (seen.has(name)) throw invalid(`${name} is named twice.`);
    seen.add(name);
  }
}

function refuseTwice(planned: readonly (PlannedCollection | PlannedView)[]): void {
  const sources = new Map<string, string>();
  for (const one of planned) {
    const name = 'series' in one ? visibleName(one) : fullName(one.image);
    const other = sources.get(name);
    if (other !== undefined) throw invalid(`Both ${other} and ${one.from} would become ${name}.`);
    sources.set(name, one.from);
  }
}

/** A server cannot hold two databases whose names differ in case only, not even for the time of a restore. */
function refuseOtherCase(held: readonly HeldCollection[], planned: ReadonlySet<string>): void {
  const byCase = new Map([...planned].map((db) => [db.toLowerCase(), db]));
  for (const { db } of held) {
    const wanted = byCase.get(db.toLowerCase());
    if (wanted !== undefined && wanted !== db)
      throw invalid(`The target has a database ${db}, beside which ${wanted} cannot be made: their names differ in case only.`);
  }
}

function viewsOnMoved(views: readonly PlannedView[], { collections }: RestoreSelection): readonly string[] {
  const moved = new Set(collections.filter(({ name, newName }) => newName !== null && newName !== name).map(({ name }) => name));
  return views.flatMap(({ from, image }) => {
    const on = `${from.slice(0, from.indexOf('.'))}.${String(decodeOrdered(Buffer.from(image.options, 'base64')).get('viewOn'))}`;
    return moved.has(on) ? [`The view ${fullName(image)} reads ${on}, which was given another name.`] : [];
  });
}

function invalid(message: string): LarderError {
  return new LarderError('invalid-selection', message);
}
