import { isLarderError } from '../../core/errors.ts';
import type { Manifest } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { translateMongoError } from '../../mongo/connect.ts';
import { majorityOpTime } from '../../mongo/members.ts';
import { oplogReachesBackTo } from '../../mongo/read-oplog.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { TransferProgress } from '../transfer-progress.ts';
import { withFailOver } from './fail-over.ts';
import { ImageBuilder } from './image-builder.ts';
import type { BuiltImage } from './image-builder.ts';
import type { Pace } from './pace.ts';
import { readManifestIfThere } from './read-manifest-if-there.ts';
import type { Source } from './source.ts';
import { watchMember } from './watch-member.ts';

const oplogTooShort = 'The oplog did not hold all that happened since the backup before; everything was scanned.';
/** How often everything is scanned again because the oplog rolled over under the scan. */
const mostFreshStarts = 2;

export interface TakeImage {
  readonly repository: ProjectRepository;
  readonly clock: Clock;
  readonly uri: string;
  /** Backups of the instance, newest first: the first usable one becomes the base. */
  readonly baseCandidates: readonly string[];
  readonly progress: TransferProgress;
  /** Follows how the member fares that is read. */
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

/** An image that is stored, and the writer that commits it; whoever gets it must end the writer. */
export interface TakenImage {
  readonly writer: RepositoryWriter;
  readonly image: BuiltImage;
  /** What it was built on. */
  readonly base: Manifest | null;
  /** The member it was finished on. */
  readonly source: Manifest['source'];
}

/** An image that is being built, on one member after the other. */
interface Draft {
  readonly writer: RepositoryWriter;
  readonly builder: ImageBuilder;
  readonly base: Manifest | null;
}

/**
 * Reads an image of a replica set. A lost member does not end it: another takes over from what is stored. Where the oplog does not hold
 * all that happened since the base, or since the scan began, everything is scanned. Throws what cannot be helped, having abandoned the writer.
 */
export async function takeImage(take: TakeImage): Promise<TakenImage> {
  const { uri, clock, signal } = take;
  const notes = new Set<string>();
  let draft: Draft | null = null;
  let freshStarts = 0;
  // What is stored is looked through while a member is looked for.
  const firstWriter = take.repository.beginWrite({ signal });
  firstWriter.catch(() => undefined);
  const onLost = (member: string, cause: unknown): void => {
    notes.add(`The member ${member} was lost (${reasonOf(cause)}); the backup went on with another.`);
  };
  try {
    return await withFailOver({ uri, clock, signal, onLost }, async (source) => {
      await using _watch = watchMember({ ...take, client: source.client, member: source.member });
      for (;;) {
        draft ??= await begin(take, source, { fresh: freshStarts > 0, firstWriter, notes });
        try {
          const image = await draft.builder.run(source);
          if (source.delay > 0) notes.add(`Only a delayed member could be read: its data is ${source.delay} seconds old.`);
          return { ...draft, image: { ...image, notes: [...notes, ...image.notes] }, source: describe(source) };
        } catch (error) {
          if (!isGap(error) || freshStarts === mostFreshStarts) throw error;
          notes.add(
            draft.base === null
              ? 'The oplog rolled over while collections were scanned; everything was scanned again.'
              : oplogTooShort,
          );
          freshStarts++;
          await draft.writer.abandon();
          draft = null;
        }
      }
    });
  } catch (error) {
    await (draft as Draft | null)?.writer.abandon();
    await firstWriter.then((writer) => writer.abandon()).catch(() => undefined);
    throw error;
  }
}

async function begin(
  { repository, baseCandidates, progress, signal }: TakeImage,
  source: Source,
  how: { readonly fresh: boolean; readonly firstWriter: Promise<RepositoryWriter>; readonly notes: Set<string> },
): Promise<Draft> {
  const { fresh, firstWriter, notes } = how;
  const newest = fresh ? null : await newestCandidate(repository, baseCandidates, source);
  // Older ones lie further back: if the oplog does not reach this one, it reaches none.
  const isReached =
    newest !== null && (await oplogReachesBackTo(source.client, { ...newest.clusterTime, term: newest.term }, signal));
  if (newest !== null && !isReached) notes.add(oplogTooShort);
  const base = isReached ? newest : null;
  const start = base === null ? await majorityOpTime(source.client, signal) : { ...base.clusterTime, term: base.term };
  const writer = await (fresh ? repository.beginWrite({ signal }) : firstWriter);
  return { writer, base, builder: new ImageBuilder({ start, repository, writer, base, progress, signal }) };
}

/** The newest backup that is a state at one cluster time and belongs to this set. */
async function newestCandidate(
  repository: ProjectRepository,
  candidates: readonly string[],
  source: Source,
): Promise<Manifest | null> {
  for (const id of candidates) {
    const manifest = await readManifestIfThere(repository, id);
    if (manifest?.consistency === 'snapshot' && manifest.source.setName === source.setName) return manifest;
  }
  return null;
}

function isGap(error: unknown): boolean {
  return isLarderError(error, 'capture-failed') && error.details['gap'] === true;
}

function describe({ setName, member, serverVersion, featureCompatibilityVersion }: Source): Manifest['source'] {
  return { setName, member, serverVersion, featureCompatibilityVersion };
}

function reasonOf(cause: unknown): string {
  return translateMongoError(cause, 'capture-failed', 'it failed').message;
}
