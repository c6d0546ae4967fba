import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, Manifest } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { concurrently } from '../../lib/concurrently.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import type { ProjectRepository } from '../../repository/port.ts';
import { switchingOver, type RestoreSummary, type RestoreTask, type TaskContext } from '../tasks.ts';
import { TransferProgress } from '../transfer-progress.ts';
import { compareCollection, finishCollection, indexCollection } from './build-collection.ts';
import { readHeld } from './held.ts';
import { contentHash, readFitting } from './image-content.ts';
import type { ContentHash, Fit } from './image-content.ts';
import { loadCollection } from './load-collection.ts';
import { nameOf, newPiece, reached } from './piece.ts';
import type { Piece } from './piece.ts';
import { planRestore, refuseLosses } from './plan-restore.ts';
import type { RestorePlan } from './plan-restore.ts';
import { readState, removeLeftovers } from './restore-state.ts';
import { holdsUsersOrRoles, restoreUsers } from './restore-users.ts';
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
}

/**
 * Makes the target hold what the backup, or the selected part of it, holds, and proves it. Collections are built beside those they
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
    const manifest = await deps.repository.readManifest(task.backupId);
    await using target = await openTarget(task.target.uri, manifest, signal);
    const plan = planRestore(manifest, await readHeld(target.client, { sizes: false, signal }), task.selection);
    if (!task.overwrite) refuseLosses(plan);
    restoration = new Restoration(task.restoreId, manifest, plan, target, progress, signal, deps);
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
  readonly #plan: RestorePlan;
  readonly #target: Target;
  readonly #progress: TransferProgress;
  readonly #signal: AbortSignal;
  readonly #deps: RestoreDependencies;
  readonly #begun: number;

  constructor(
    restoreId: string,
    manifest: Manifest,
    plan: RestorePlan,
    target: Target,
    progress: TransferProgress,
    signal: AbortSignal,
    deps: RestoreDependencies,
  ) {
    this.#pieces = plan.collections.map((planned) => newPiece(planned, restoreId, manifest.source.serverVersion));
    this.#users = plan.users ? manifest.collections.filter((image) => holdsUsersOrRoles(image)) : [];
    this.#plan = plan;
    this.#target = target;
    this.#progress = progress;
    this.#signal = signal;
    this.#deps = deps;
    this.#begun = deps.clock.now().getTime();
  }

  async run(): Promise<RestoreSummary> {
    const { client } = this.#target;
    const signal = this.#signal;
    const own = new Set(this.#pieces.map(({ key }) => key));
    await throughElections(client, signal, (trying) => removeLeftovers(client, own, trying));
    await throughElections(client, signal, (trying) => this.#findWhatIsDone(trying));
    await this.#readBackup();
    const beside = this.#pieces.filter(({ planned }) => planned.way === 'swap');
    await this.#build(beside);
    this.changed = true;
    await this.#build(this.#pieces.filter(({ planned }) => planned.way === 'in-place'));
    this.#progress.phase(switchingOver);
    await switchOver(client, this.#plan, beside, signal);
    await throughElections(client, signal, (trying) => verifyDefinitions(client, this.#plan, this.#failedIndexes(), trying));
    for (const image of this.#users) {
      await throughElections(client, signal, (trying) => restoreUsers(image, this.#target, this.#deps.repository, trying));
    }
    await throughElections(client, signal, (trying) => removeLeftovers(client, new Set(), trying));
    return this.#summary();
  }

  /** What an earlier try of this restore brought to its end. */
  async #findWhatIsDone(signal: AbortSignal): Promise<void> {
    const { client } = this.#target;
    for (const piece of this.#pieces) {
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
  async #readBackup(): Promise<void> {
    this.#progress.phase('checking the backup');
    await concurrently(this.#pieces, collectionsAtOnce, async (piece) => {
      const done = reached(piece, 'compared');
      if (!done && (piece.planned.way === 'in-place' || reached(piece, 'loaded'))) {
        piece.hash = await this.#hashOf(piece.planned.image, piece.fit);
        piece.hashed = true;
      }
      const { documents, bytes } = done ? piece.state! : piece.hashed ? piece.hash : piece.planned.image;
      // Everything goes once into the target and once back.
      this.#progress.expect(2 * documents, 2 * bytes);
      if (done) this.#progress.skip(2 * documents, 2 * bytes);
    });
    for (const image of this.#users) await this.#hashOf(image, 'as-is');
  }

  /** Reads the whole image of a collection; every byte of it is authenticated on the way. */
  async #hashOf(image: CollectionImage, fit: Fit): Promise<ContentHash> {
    const hash = contentHash(image);
    for await (const batch of readFitting(this.#deps.repository, image, fit, { signal: this.#signal })) hash.add(batch);
    return hash;
  }

  async #build(pieces: readonly Piece[]): Promise<void> {
    const { client } = this.#target;
    const { repository, clock } = this.#deps;
    const deps = { client, repository, clock, progress: this.#progress };
    const steps = [
      ['restoring documents', loadCollection],
      ['building indexes', indexCollection],
      ['comparing', compareCollection],
      ['finishing', finishCollection],
    ] as const;
    const waiting = pieces.filter((piece) => !reached(piece, 'ready'));
    if (waiting.length === 0) return;
    for (const [phase, step] of steps) {
      this.#progress.phase(phase);
      await concurrently(waiting, collectionsAtOnce, async (piece) => {
        if (!reached(piece, 'compared') || step === finishCollection)
          await throughElections(client, this.#signal, (signal) => step(piece, { ...deps, signal }));
      });
    }
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
    return {
      documents: this.#pieces.reduce((total, { state }) => total + state!.documents, 0),
      bytes: this.#pieces.reduce((total, { state }) => total + state!.bytes, 0),
      collections: this.#pieces.length,
      verified: true,
      seconds: (this.#deps.clock.now().getTime() - this.#begun) / 1000,
      notes: [
        ...this.#plan.notes,
        ...expiring,
        ...overflowing,
        ...(kept ? [`The user ${[...this.#target.ownUsers].join(', ')}, as whom the restore ran, was left as it is.`] : []),
      ],
    };
  }
}
