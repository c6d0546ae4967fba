import { LarderError } from '../../core/errors.ts';
import type { CollectionImage } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { concurrently } from '../../lib/concurrently.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { Course } from '../replay/chart-course.ts';
import { FileRoom } from '../file-room.ts';
import { switchingOver, type ReplaySummary, type RestoreSummary, type RestoreTask, type TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { compareDocuments, countDocuments, finishCollection, indexAndProve } from './build-collection.ts';
import type { BuildDependencies } from './build-collection.ts';
import { readHeld } from './held.ts';
import { contentHash, readFitting } from './image-content.ts';
import type { ContentHash, Fit } from './image-content.ts';
import { loadCollection } from './load-collection.ts';
import { nameOf, newPiece, reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { planRestore, refuseLosses } from './plan-restore.ts';
import type { RestorePlan } from './plan-restore.ts';
import { inOrder, notePlace, replayPieces } from './replay-pieces.ts';
import type { NotePlace } from './replay-pieces.ts';
import { readState, removeLeftovers } from './restore-state.ts';
import { holdsUsersOrRoles, plannedUsers, restoreUsers } from './restore-users.ts';
import { setOut } from './set-out.ts';
import type { Destination } from './set-out.ts';
import { switchOver } from './switch-over.ts';
import { openTarget } from './target.ts';
import type { Target } from './target.ts';
import { throughElections } from './through-elections.ts';
import { verifyDefinitions } from './verify.ts';

/** Collections filled, indexed or read back at the same time. */
const collectionsAtOnce = 2;

export interface RestoreDependencies {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
  /** How many bytes of replayed writes are applied together; as many as memory allows unless said. */
  readonly replayWindowBytes?: number;
}

/**
 * Makes the target hold what the backup, or the selected part of it, holds, and proves it; with a point in time, what the instance
 * held then: the backup's documents and what was written since, under the definitions of that point. Collections are built beside those they
 * replace (data, indexes, comparison with the image, then what deletes by age) and take their place at the very end, so that until
 * then nothing of the target changed; what cannot be renamed is made anew right before that. Views and users come last (pitfalls R4, R5).
 *
 * Repeated with the same `restoreId` it goes on where it was; with another it starts over. Throws LarderError; one that is not
 * retryable has removed what was built.
 */
export async function restore(task: RestoreTask, context: TaskContext, deps: RestoreDependencies): Promise<RestoreSummary> {
  const { signal } = context;
  const progress = new TransferProgress(deps.clock, context.report);
  progress.phase('connecting');
  let restoration: Restoration | null = null;
  try {
    if (task.pointInTime !== undefined) progress.phase('reading the oplog');
    const destination = await setOut(task, deps.repository, signal);
    await using target = await openTarget(task.target.uri, destination.manifest, signal);
    const plan = planRestore(destination.manifest, await readHeld(target.client, { sizes: false, signal }), task.selection);
    if (!task.overwrite) refuseLosses(plan);
    restoration = new Restoration(task.restoreId, destination, plan, target, progress, signal, deps);
    try {
      return await restoration.run();
    } catch (error) {
      // What is tried again finds what it did; anything else must not fill the target's disk.
      const final = !translateMongoError(error, 'restore-failed', '').retryable && !signal.aborted;
      if (final) await removeLeftovers(target.client, new Set(), signal).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    if (signal.aborted) {
      const untouched = restoration?.changed !== true;
      throw new LarderError('cancelled', 'The restore was cancelled.', { cause: error, details: { untouched } });
    }
    throw translateMongoError(error, 'restore-failed', 'The backup could not be restored');
  }
}

/** One try of one restore. */
class Restoration {
  /** True from the moment when something of the user's in the target is not what it was. */
  changed = false;
  readonly #pieces: readonly Piece[];
  readonly #users: readonly CollectionImage[];
  /** Where users and roles are made what they were at a point in time, one for each of `#users`; else none. */
  readonly #userPieces: readonly Piece[];
  readonly #journey: Destination['journey'];
  readonly #restoreId: string;
  readonly #plan: RestorePlan;
  readonly #target: Target;
  readonly #progress: TransferProgress;
  readonly #signal: AbortSignal;
  readonly #deps: RestoreDependencies;
  readonly #begun: number;
  readonly #files: FileRoom;

  constructor(
    restoreId: string,
    { manifest, journey }: Destination,
    plan: RestorePlan,
    target: Target,
    progress: TransferProgress,
    signal: AbortSignal,
    deps: RestoreDependencies,
  ) {
    this.#pieces = plan.collections.map((planned) => newPiece(planned, restoreId, manifest.source.serverVersion));
    this.#users = plan.users ? manifest.collections.filter((image) => holdsUsersOrRoles(image)) : [];
    this.#userPieces =
      journey === null ? [] : this.#users.map((image) => newPiece(plannedUsers(image), restoreId, manifest.source.serverVersion));
    this.#journey = journey;
    this.#restoreId = restoreId;
    this.#plan = plan;
    this.#target = target;
    this.#progress = progress;
    this.#signal = signal;
    this.#deps = deps;
    this.#begun = deps.clock.now().getTime();
    this.#files = new FileRoom({ client: target.client, code: 'restore-failed', server: 'The target' });
  }

  async run(): Promise<RestoreSummary> {
    const { client } = this.#target;
    const signal = this.#signal;
    const beside = this.#pieces.filter(({ planned }) => planned.way === 'swap');
    const groups = {
      beside: [...beside, ...this.#userPieces],
      inPlace: this.#pieces.filter(({ planned }) => planned.way === 'in-place'),
    };
    const all = [...groups.beside, ...groups.inPlace];
    const notes = [groups.beside, groups.inPlace].filter((group) => group.length > 0).map((group) => this.#noteOf(group).key);
    const keep = new Set([...all.map(({ key }) => key), ...(this.#journey === null ? [] : notes)]);
    await throughElections(client, signal, (trying) => removeLeftovers(client, keep, trying));
    await throughElections(client, signal, (trying) => this.#findWhatIsDone(all, trying));
    await this.#readBackup(all);
    await this.#build(groups.beside);
    this.changed = true;
    await this.#build(groups.inPlace);
    this.#progress.phase(switchingOver);
    await switchOver(client, this.#plan, beside, signal);
    await throughElections(client, signal, (trying) => verifyDefinitions(client, this.#plan, this.#failedIndexes(), trying));
    for (const [n, image] of this.#users.entries()) {
      await throughElections(client, signal, (trying) =>
        restoreUsers(image, this.#target, this.#usersOf(image, this.#userPieces[n], trying), trying),
      );
    }
    await throughElections(client, signal, (trying) => removeLeftovers(client, new Set(), trying));
    return this.#summary();
  }

  #noteOf(group: readonly Piece[]): NotePlace {
    return notePlace(this.#restoreId, group);
  }

  /** Users or roles as they are to be: as the backup has them, or as they came to be beside those of the target. */
  #usersOf(image: CollectionImage, piece: Piece | undefined, signal: AbortSignal): AsyncIterable<RawBatch> {
    if (piece === undefined) return this.#deps.repository.readImage(image.layers, { signal });
    return readRaw(this.#target.client.db(piece.built.db), { find: piece.built.name }, { signal });
  }

  /** What an earlier try of this restore brought to its end. */
  async #findWhatIsDone(pieces: readonly Piece[], signal: AbortSignal): Promise<void> {
    const { client } = this.#target;
    for (const piece of pieces) {
      const { db, name } = piece.planned.image;
      piece.state = await readState(client, db, piece.key, signal);
      if (piece.state === null || !reached(piece, 'compared')) continue;
      const inPlace = (await describeCollection(client.db(db), name, signal))?.uuid === piece.state.uuid;
      const built = inPlace || (await describeCollection(client.db(db), piece.built.name, signal))?.uuid === piece.state.uuid;
      // Somebody dropped it: then it was not done.
      if (!built) piece.state = null;
      piece.placed = inPlace;
    }
  }

  /**
   * Before anything changes: a backup that cannot be read to its last byte must not cost the data it was to replace. What is built
   * beside is read only once, when it is built: until all of it is there nothing of the target has changed.
   */
  async #readBackup(pieces: readonly Piece[]): Promise<void> {
    this.#progress.phase('checking the backup');
    // What was replayed already was read and compared before that.
    const known = this.#journey === null ? 'compared' : 'replayed';
    await concurrently(pieces, collectionsAtOnce, async (piece) => {
      const done = reached(piece, known);
      if (!done && (piece.planned.way === 'in-place' || reached(piece, 'loaded'))) {
        piece.hash = await this.#hashOf(piece.planned.image, piece.fit);
        piece.hashed = true;
      }
      const { documents, bytes } = done ? piece.state! : piece.hashed ? piece.hash : piece.planned.image;
      // Everything goes once into the target and once back.
      this.#progress.expect(2 * documents, 2 * bytes);
      if (done) this.#progress.skip(2 * documents, 2 * bytes);
    });
    if (this.#userPieces.length === 0) for (const image of this.#users) await this.#hashOf(image, 'as-is');
  }

  /** Reads the whole image of a collection; every byte of it is authenticated on the way. */
  async #hashOf(image: CollectionImage, fit: Fit): Promise<ContentHash> {
    const hash = contentHash(image);
    for await (const batch of readFitting(this.#deps.repository, image, fit, { signal: this.#signal })) hash.add(batch);
    return hash;
  }

  async #build(pieces: readonly Piece[]): Promise<void> {
    const { client } = this.#target;
    const { repository, clock, replayWindowBytes } = this.#deps;
    const deps = { client, repository, clock, replayWindowBytes, progress: this.#progress };
    const waiting = pieces.filter((piece) => !reached(piece, 'ready'));
    if (waiting.length === 0) return;
    const journey = this.#journey;
    if (journey === null)
      await this.#step(waiting, 'restoring documents', (piece, signal) => loadCollection(piece, { ...deps, signal }));
    else {
      const makeRoom = (piece: Piece, signal: AbortSignal) => this.#makeFileRoom(piece, 'restoring documents', signal);
      await replayPieces(waiting, this.#noteOf(pieces), { ...deps, ...journey, makeRoom, signal: this.#signal });
    }
    const count = (piece: Piece, counting: BuildDependencies) =>
      countDocuments(piece, inOrder(piece) ? null : this.#expectedOf(piece, journey!.course), counting);
    await this.#step(waiting, 'indexing and comparing', (piece, signal) =>
      indexAndProve(piece, journey === null ? compareDocuments : count, { ...deps, signal }),
    );
    await this.#step(waiting, 'finishing', (piece, signal) => finishCollection(piece, { ...deps, signal }));
  }

  async #step(
    pieces: readonly Piece[],
    phase: string,
    step: (piece: Piece, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.#progress.phase(phase);
    await concurrently(pieces, collectionsAtOnce, async (piece) => {
      if (reached(piece, 'compared') && phase !== 'finishing') return;
      await throughElections(this.#target.client, this.#signal, async (signal) => {
        await this.#makeFileRoom(piece, phase, signal);
        await step(piece, signal);
      });
    });
  }

  /** The collection that is built, and its indexes, are files that the target opens. */
  #makeFileRoom({ planned }: Piece, phase: string, signal: AbortSignal): Promise<void> {
    const waiting = `${phase}, waiting for the target to close files`;
    const files = planned.image.indexes.length + 2;
    return this.#files.make(files, { signal, onWait: (waits) => this.#progress.phase(waits ? waiting : phase) });
  }

  /** Documents that there must be after the replay: those that were loaded and compared, and what the entries add. */
  #expectedOf({ state, planned }: Piece, { growth }: Course): number {
    return state!.documents + growth.get(planned.image.uuid)!.documents;
  }

  #failedIndexes(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#pieces.map((piece) => [nameOf(piece), piece.state!.failedIndexes.map(({ name }) => name)]));
  }

  #summary(): RestoreSummary {
    const failed = this.#pieces.flatMap((piece) =>
      piece.state!.failedIndexes.map(({ name, reason }) => `${name} of ${nameOf(piece)} (${reason})`),
    );
    if (failed.length > 0) {
      throw new LarderError(
        'restore-failed',
        `All data is restored and compared, but indexes could not be built: ${failed.join('; ')}`,
      );
    }
    const expiring = this.#pieces.flatMap((piece) =>
      piece.state!.expired === 0
        ? []
        : [`${nameOf(piece)}: ${piece.state!.expired} are past their time already; the server deletes them when it looks next.`],
    );
    const overflowing = this.#pieces.flatMap((piece) => {
      if (piece.fit !== 'leave-out') return [];
      const left = piece.planned.image.documents - piece.state!.documents;
      return [`${nameOf(piece)}: ${left} of its oldest documents are more than its size allows, and were left out.`];
    });
    const kept = this.#users.length > 0 && this.#target.ownUsers.size > 0;
    const course = this.#journey?.course;
    return {
      documents: this.#pieces.reduce((total, { state }) => total + state!.documents, 0),
      bytes: this.#pieces.reduce((total, { state }) => total + state!.bytes, 0),
      collections: this.#pieces.length,
      verified: true,
      ...(course === undefined ? {} : { replayed: replaySummary(course, this.#pieces) }),
      seconds: (this.#deps.clock.now().getTime() - this.#begun) / 1000,
      notes: [
        ...this.#plan.notes,
        ...expiring,
        ...overflowing,
        ...this.#unproved(),
        ...(kept ? [`The user ${[...this.#target.ownUsers].join(', ')}, as whom the restore ran, was left as it is.`] : []),
      ],
    };
  }

  /** What the proof of a point in time leaves open. */
  #unproved(): readonly string[] {
    if (this.#journey === null) return [];
    const capped = this.#pieces.filter(({ planned }) => planned.image.capped).map(nameOf);
    const uncounted =
      capped.length === 0
        ? []
        : [`Documents of capped collections were replayed and not counted, because they go by size: ${capped.join(', ')}.`];
    return this.#plan.whole
      ? uncounted
      : [...uncounted, 'Of transactions that also wrote to other collections only the part that belongs to these was replayed.'];
  }
}

function replaySummary({ base, until, entries, bytes, growth }: Course, pieces: readonly Piece[]): ReplaySummary {
  const writes = pieces.reduce((sum, { planned }) => sum + growth.get(planned.image.uuid)!.writes, 0);
  return { baseBackupId: base.backupId, base: base.clusterTime, point: until, entries, bytes, writes };
}
