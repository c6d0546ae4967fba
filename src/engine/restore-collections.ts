import { LarderError } from '../core/errors.ts';
import type { Manifest } from '../core/image.ts';
import { checkInstanceId } from '../core/ids.ts';
import { pointOfMilliseconds } from '../core/oplog-archive.ts';
import { isDatabaseName, restorableCollections, restorableDatabases } from '../core/restorable-names.ts';
import type { RestoreSelection, SelectedName } from '../core/restore-selection.ts';
import type { JobDeps } from './engine-deps.ts';
import { findInstance } from './find-instance.ts';
import { busy, notReady, takeInstance } from './instance-action.ts';
import type { Moments } from './moments.ts';
import { askTarget } from './preview-restore.ts';
import type { RefreshInstance } from './refresh-instance.ts';
import { refuseMeetings } from './restore/leg.ts';
import { canBeRenamed, fullName, planRestore } from './restore/plan-restore.ts';
import type { HeldCollection } from './restore/plan-restore.ts';
import type { RestoreJobRequest } from './restore-job.ts';
import { findOrigin, imageOfOrigin, lockOrigins, type FoundOrigin } from './restore-origin.ts';
import { newJobId, startJob } from './start-job.ts';
import type { Caller, RestoredPart } from './use-cases.ts';

/** Replays of one request: of each moment one, and one more wherever something is brought again under another name. */
const mostLegs = 16;
const mostParts = 1000;

/** What is brought as of one moment. */
interface Brought {
  readonly origin: FoundOrigin;
  readonly image: Manifest;
  readonly selection: RestoreSelection;
}

/** UseCases.restoreCollections. Everything that can be known before the data is read is looked at before there is a job. */
export async function restoreCollections(
  deps: JobDeps,
  moments: Moments,
  refresh: RefreshInstance,
  caller: Caller,
  { instanceId, parts }: { readonly instanceId: string; readonly parts: readonly RestoredPart[] },
): Promise<{ jobId: string }> {
  const { projectId } = caller;
  const { db } = deps.catalog;
  const instance = await findInstance(db, projectId, checkInstanceId(instanceId));
  if (instance.mode === 'Single')
    throw new LarderError('unsupported-operation', 'Of a single server only whole backups can be restored.');
  const brought: Brought[] = [];
  for (const group of byMoment(parts)) {
    const moment = { instanceId, point: pointOfMilliseconds(group[0]!.time.getTime()) };
    const origin = await findOrigin(deps, projectId, { moment });
    const image = await imageOfOrigin(deps, moments, projectId, origin);
    for (const selection of selectionsOf(image, group)) brought.push({ origin, image, selection });
  }
  if (brought.length > mostLegs) throw tooMany();
  refuseMeetings(brought.map(({ image, selection }) => planRestore(image, [], selection)));

  const { row, trouble } = instance.action === null ? await refresh(instance) : { row: instance, trouble: null };
  if (row.action !== null) throw busy();
  if (row.status !== 'normal') throw notReady(trouble);
  const sources = brought.map(({ image }) => image.source);
  refuseTaken(brought, await askTarget(deps, row, { sources, sizes: false }));

  const jobId = newJobId();
  const now = deps.clock.now();
  await db.transaction().execute(async (trx) => {
    const ways = await lockOrigins(
      trx,
      projectId,
      brought.map(({ origin }) => origin),
    );
    await takeInstance(trx, { projectId, instanceId, action: 'RESTORE_TABLE', jobId, now });
    await startJob(deps, trx, {
      id: jobId,
      projectId,
      kind: 'restore-collections',
      instance: row,
      backupId: ways[0]!.backupId,
      request: {
        legs: ways.map((way, n) => ({ ...way, selection: brought[n]!.selection })),
      } satisfies RestoreJobRequest,
      now,
    });
  });
  return { jobId };
}

/** Parts as of the same second belong together. */
function byMoment(parts: readonly RestoredPart[]): readonly (readonly RestoredPart[])[] {
  for (const { db } of parts)
    if (!isDatabaseName(db))
      throw new LarderError('invalid-database-name', `${JSON.stringify(db)} cannot be the name of a database.`);
  if (parts.length === 0 || parts.length > mostParts)
    throw new LarderError('malformed-request', `A request restores 1 to ${mostParts} databases and collections.`);
  const groups = Map.groupBy(parts, ({ time }) => pointOfMilliseconds(time.getTime()).t);
  if (groups.size > mostLegs) throw tooMany();
  return [...groups.values()];
}

function tooMany(): LarderError {
  return new LarderError(
    'malformed-request',
    `A request restores as of at most ${mostLegs} different seconds, less where something is to come more than once.`,
  );
}

/** What the parts come to in the image of their moment, each collection once in a selection. `database-not-found`, `invalid-selection`. */
function selectionsOf(image: Manifest, parts: readonly RestoredPart[]): readonly RestoreSelection[] {
  const databases = new Set(restorableDatabases(image));
  const fixed = new Set(image.collections.filter((one) => !canBeRenamed(one)).map(fullName));
  const named = ({ db, time }: RestoredPart, name: string, newName: string | null): SelectedName => {
    const from = fullName({ db, name });
    // What the server cannot rename comes back as what it was.
    const to = newName ?? (fixed.has(from) ? name : `${name}_bak_${time.getTime()}`);
    return { name: from, newName: to === name ? null : fullName({ db, name: to }) };
  };
  const collections = parts.flatMap((part) => {
    const { db, collection } = part;
    if (!databases.has(db)) throw new LarderError('database-not-found', `There was no ${db} at ${part.time.toISOString()}.`);
    const there = restorableCollections(image, db);
    if (collection === null) return there.map((name) => named(part, name, null));
    const { name, newName } = collection;
    if (!there.includes(name)) {
      const from = fullName({ db, name });
      throw new LarderError('invalid-selection', `There was no collection ${from} at ${part.time.toISOString()}.`);
    }
    return [named(part, name, newName)];
  });
  // Nothing named would mean everything.
  if (collections.length === 0)
    throw new LarderError('invalid-selection', 'Of what is asked for there was nothing that can be restored.');
  const seen = new Map<string, number>();
  const turns: SelectedName[][] = [];
  for (const one of collections) {
    const turn = seen.get(one.name) ?? 0;
    seen.set(one.name, turn + 1);
    (turns[turn] ??= []).push(one);
  }
  return turns.map((names) => ({ databases: [], collections: names, users: false }));
}

/** `collection-name-taken` if the instance has something of a name that is to be made. */
function refuseTaken(brought: readonly Brought[], held: readonly HeldCollection[]): void {
  const taken = brought
    .map(({ image, selection }) => planRestore(image, held, selection))
    .flatMap(({ collections, views }) => [...collections, ...views])
    .flatMap(({ replaces }) => (replaces === null ? [] : [fullName(replaces)]));
  if (taken.length === 0) return;
  const shown = taken.slice(0, 5).join(', ') + (taken.length > 5 ? ` and ${taken.length - 5} more` : '');
  throw new LarderError('collection-name-taken', `The instance has ${shown} already, and nothing is overwritten.`);
}
