import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, ViewImage } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { concurrently } from '../../lib/concurrently.ts';
import type { RawBatch } from '../../lib/raw-bson.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { readRaw } from '../../mongo/raw-cursor.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import type { Course } from '../replay/chart-course.ts';
import { FileRoom } from '../file-room.ts';
import { switchingOver, type RestoreSummary, type RestoreTask, type TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { compareDocuments, countDocuments, finishCollection, indexAndProve } from './build-collection.ts';
import type { BuildDependencies } from './build-collection.ts';
import { readHeld } from './held.ts';
import { contentHash, readFitting } from './image-content.ts';
import type { ContentHash, Fit } from './image-content.ts';
import { broughtBy, builtBeside, newLeg, refuseMeetings, statesOf } from './leg.ts';
import type { Leg } from './leg.ts';
import { describeStanding, failedHalfWay } from './half-way.ts';
import { loadCollection } from './load-collection.ts';
import { nameOf, reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { fullName, planRestore, refuseLosses, visibleName } from './plan-restore.ts';
import { inOrder, notePlace, replayPieces } from './replay-pieces.ts';
import { findKeptUsers } from './kept-users.ts';
import type { KeptUsers } from './kept-users.ts';
import { readState, removeLeftovers } from './restore-state.ts';
import { restoreUsers } from './restore-users.ts';
import { summariseRestore } from './restore-summary.ts';
import { setOut } from './set-out.ts';
import type { Destination } from './set-out.ts';
import { switchOver } from './switch-over.ts';
import { isDefined, isInPlace, takeBack } from './take-back.ts';
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
 * Makes the target hold what backups, or selected parts of them, hold, and proves it; with a point in time, what the instance
 * held then: the backup's documents and what was written since, under the definitions of that point. Collections are built beside those they
 * replace (data, indexes, comparison with the image, then what deletes by age) and take their place at the very end, those of all legs
 * together, so that until then nothing of the target changed; what cannot be renamed is made anew right before that. Views and users come
 * last (pitfalls R4, R5).
 *
 * Repeated with the same `restoreId` it goes on where it was, by its notes in the target, which stay until the target is cleared
 * (`clearTarget`); with another it starts over. Throws LarderError; one that is not retryable has removed what was built, and where nothing may be overwritten the target is as it was. Where some of it is in its place
 * and some not the message says which.
 */
export async function restore(task: RestoreTask, context: TaskContext, deps: RestoreDependencies): Promise<RestoreSummary> {
  const { signal } = context;
  const progress = new TransferProgress(deps.clock, context.report);
  progress.phase('connecting');
  let restoration: Restoration | null = null;
  try {
    if (task.legs.some(({ pointInTime }) => pointInTime !== undefined)) progress.phase('reading the oplog');
    const ways: { readonly destination: Destination; readonly selection: RestoreTask['legs'][number]['selection'] }[] = [];
    for (const leg of task.legs) ways.push({ destination: await setOut(leg, deps.repository, signal), selection: leg.selection });
    const sources = ways.map(({ destination }) => destination.manifest.source);
    await using target = await openTarget(task.target.uri, sources, signal);
    const held = await readHeld(target.client, { sizes: false, signal });
    const legs = ways.map(({ destination, selection }) =>
      newLeg(destination, planRestore(destination.manifest, held, selection), task),
    );
    refuseMeetings(legs.map(({ plan }) => plan));
    restoration = new Restoration(task, legs, target, progress, signal, deps);
    try {
      return await restoration.run();
    } catch (error) {
      if (signal.aborted) throw error;
      throw await restoration.settleFailure(error);
    }
  } catch (error) {
    if (signal.aborted) {
      const left = restoration?.standing() ?? null;
      const details = { untouched: restoration?.changed !== true, ...(left === null ? {} : { left }) };
      throw new LarderError('cancelled', 'The restore was cancelled.', { cause: error, details });
    }
    throw translateMongoError(error, 'restore-failed', 'The backup could not be restored');
  }
}

/** One try of one restore. */
class Restoration {
  /** True from the moment when something of the user's in the target is not what it was. */
  changed = false;
  /** True while everything is built and takes its place: whatever fails then is only to be done again. */
  #switching = false;
  /** Views that this try made. */
  readonly #madeViews: ViewImage[] = [];
  readonly #task: Pick<RestoreTask, 'restoreId' | 'overwrite' | 'keepUsers'>;
  readonly #legs: readonly Leg[];
  readonly #target: Target;
  readonly #progress: TransferProgress;
  readonly #signal: AbortSignal;
  readonly #deps: RestoreDependencies;
  readonly #begun: number;
  readonly #files: FileRoom;

  constructor(
    task: Pick<RestoreTask, 'restoreId' | 'overwrite' | 'keepUsers'>,
    legs: readonly Leg[],
    target: Target,
    progress: TransferProgress,
    signal: AbortSignal,
    deps: RestoreDependencies,
  ) {
    this.#task = task;
    this.#legs = legs;
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
    const legs = this.#legs;
    const { overwrite, restoreId } = this.#task;
    const all = legs.flatMap((leg) => [...builtBeside(leg), ...leg.inPlace]);
    await throughElections(client, signal, (trying) => this.#findWhatIsDone(all, trying));
    if (!overwrite) await this.#refuseLosses();
    const keep = statesOf(legs, restoreId);
    await throughElections(client, signal, (trying) => removeLeftovers(client, keep, trying));
    for (const leg of legs) await this.#readBackup(leg);
    for (const leg of legs) await this.#build(leg, builtBeside(leg));
    this.changed = true;
    for (const leg of legs) await this.#build(leg, leg.inPlace);
    this.#progress.phase(switchingOver);
    this.#switching = true;
    for (const leg of legs) {
      const onView = (view: ViewImage): void => void this.#madeViews.push(view);
      await switchOver(client, leg, { overwrite, onView, signal });
    }
    this.#switching = false;
    for (const leg of legs)
      await throughElections(client, signal, (trying) => verifyDefinitions(client, leg.plan, failedIndexes(leg), trying));
    const kept = await this.#restoreUsers();
    return summariseRestore(legs, kept, (this.#deps.clock.now().getTime() - this.#begun) / 1000);
  }

  /**
   * What becomes of a failure. What is tried again finds what was done; after any other, what was built is removed, and where nothing
   * may be overwritten what took its place, too. Never throws.
   */
  async settleFailure(error: unknown): Promise<LarderError> {
    const failure = translateMongoError(error, 'restore-failed', 'The backup could not be restored');
    // Some of the old is gone: the only way on is forward.
    const goesOn = failure.retryable || (this.#switching && this.#task.overwrite);
    const isUndone = !goesOn && (await this.#undo());
    return isUndone ? failure : failedHalfWay(this.#target.client, this.#legs, failure, { goesOn, signal: this.#signal });
  }

  /** In words, where the target is neither as it was nor whole; null otherwise. */
  standing(): string | null {
    return describeStanding(this.#legs);
  }

  /** Removes what the failed restore made; true if the target is as it was. */
  async #undo(): Promise<boolean> {
    const { client } = this.#target;
    const { overwrite } = this.#task;
    try {
      if (!overwrite) await takeBack(client, this.#legs, this.#madeViews, this.#signal);
      await removeLeftovers(client, new Set(), this.#signal);
      return !overwrite;
    } catch {
      return false;
    }
  }

  /** What an earlier try of this restore put there is not lost by going on. */
  async #refuseLosses(): Promise<void> {
    const { client } = this.#target;
    const isRepeated = this.#legs.some((leg) => [...builtBeside(leg), ...leg.inPlace].some(({ state }) => state !== null));
    for (const leg of this.#legs) {
      const own = new Set<string>();
      for (const piece of broughtBy(leg)) if (await isInPlace(client, piece, this.#signal)) own.add(visibleName(piece.planned));
      for (const { image } of leg.plan.views)
        if (isRepeated && (await isDefined(client, image, this.#signal))) own.add(fullName(image));
      refuseLosses(leg.plan, own);
    }
  }

  /** Says who stayed as they were. */
  async #restoreUsers(): Promise<KeptUsers | null> {
    const users = this.#legs.flatMap((leg) => leg.users);
    if (users.length === 0) return null;
    const { keepUsers = [] } = this.#task;
    const signal = this.#signal;
    const kept = await throughElections(this.#target.client, signal, (trying) => findKeptUsers(this.#target, keepUsers, trying));
    for (const { image, piece } of users) {
      await throughElections(this.#target.client, signal, (trying) =>
        restoreUsers(image, this.#target, kept, this.#usersOf(image, piece, trying), trying),
      );
    }
    return kept;
  }

  /** Users or roles as they are to be: as the backup has them, or as they came to be beside those of the target. */
  #usersOf(image: CollectionImage, piece: Piece | null, signal: AbortSignal): AsyncIterable<RawBatch> {
    if (piece === null) return this.#deps.repository.readImage(image.layers, { signal });
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
      piece.placed = inPlace ? 'yes' : 'not';
    }
  }

  /**
   * Before anything changes: a backup that cannot be read to its last byte must not cost the data it was to replace. What is built
   * beside is read only once, when it is built: until all of it is there nothing of the target has changed.
   */
  async #readBackup(leg: Leg): Promise<void> {
    this.#progress.phase('checking the backup');
    // What was replayed already was read and compared before that.
    const known = leg.journey === null ? 'compared' : 'replayed';
    await concurrently([...builtBeside(leg), ...leg.inPlace], collectionsAtOnce, async (piece) => {
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
    for (const { image, piece } of leg.users) if (piece === null) await this.#hashOf(image, 'as-is');
  }

  /** Reads the whole image of a collection; every byte of it is authenticated on the way. */
  async #hashOf(image: CollectionImage, fit: Fit): Promise<ContentHash> {
    const hash = contentHash(image);
    for await (const batch of readFitting(this.#deps.repository, image, fit, { signal: this.#signal })) hash.add(batch);
    return hash;
  }

  async #build({ journey }: Leg, pieces: readonly Piece[]): Promise<void> {
    const { client, keepsEmptyTimestamps } = this.#target;
    const { repository, clock, replayWindowBytes } = this.#deps;
    const deps = { client, keepsEmptyTimestamps, repository, clock, replayWindowBytes, progress: this.#progress };
    const waiting = pieces.filter((piece) => !reached(piece, 'ready'));
    if (waiting.length === 0) return;
    if (journey === null)
      await this.#step(waiting, 'restoring documents', (piece, signal) => loadCollection(piece, { ...deps, signal }));
    else {
      const makeRoom = (piece: Piece, signal: AbortSignal) => this.#makeFileRoom(piece, 'restoring documents', signal);
      const place = notePlace(this.#task.restoreId, pieces);
      await replayPieces(waiting, place, { ...deps, ...journey, makeRoom, signal: this.#signal });
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
}

function failedIndexes(leg: Leg): ReadonlyMap<string, readonly string[]> {
  return new Map(broughtBy(leg).map((piece) => [nameOf(piece), piece.state!.failedIndexes.map(({ name }) => name)]));
}
