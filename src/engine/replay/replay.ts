import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { compareClusterTime } from '../../core/image.ts';
import { formatPoint } from '../../core/oplog-archive.ts';
import type { ClusterTime, OpTime } from '../../core/image.ts';
import { readReplayEntry } from '../../mongo/replay-entry.ts';
import type { ReplayMeaning } from '../../mongo/replay-entry.ts';
import { RawInserter } from '../../mongo/raw-insert.ts';
import type { Course } from './chart-course.ts';
import type { ReplaySource } from './replay-source.ts';
import { ReplayWindow } from './replay-window.ts';
import type { ReplayedCollection } from './replay-window.ts';

/** Writes that wait, in bytes, unless told otherwise: two such windows are in memory, one that is filled and one that is applied. */
const usualWindowBytes = 24 * 1024 * 1024;

/** How far a replay is, kept in the target itself, so that it has the same history as the data (pitfalls R3). */
export interface ReplayNote {
  /** Every write up to here is in the target. */
  readonly position: OpTime;
  /** Writes up to here may be. */
  readonly until: ClusterTime;
  /** Collections, by UUID, that are still as in the image, or between that and `position`: they must be made anew. */
  readonly behind: readonly string[];
}

/** Keeps the note of one replay. */
export interface ReplayNotes {
  /** The one that stays, whatever primary comes; null if there is none. */
  read(): Promise<ReplayNote | null>;
  /** Returns the election term it was written in; with `durable`, once it stays. */
  write(note: ReplayNote, durable: boolean): Promise<string | null>;
}

export interface Replay {
  readonly client: MongoClient;
  readonly course: Course;
  readonly source: ReplaySource;
  /** The collections that are written to, by their UUID at the source; writes to others are left out. */
  readonly collections: ReadonlyMap<string, ReplayedCollection>;
  /** Those of them that were made anew while others had gone on (see `ReplayNote.behind`). */
  readonly behind: ReadonlySet<string>;
  readonly notes: ReplayNotes;
  /** How many bytes of writes are folded and applied together. */
  readonly windowBytes?: number | undefined;
  /** Told what was done, each time that some of it was: writes of the oplog, and their bytes. */
  readonly onWrites: (writes: number, bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Adds to collections that are as in the base what was written to them until `course.until`, by ordinary writes: transactions whole
 * or not at all, each where its entries lie, because nobody else could write to their documents until they ended. What is folded
 * away, and what is of other collections, is never sent.
 *
 * Repeated after any failure it goes on from its note. Throws a retryable `restore-failed` once the target has another primary,
 * `image-mismatch` where oplog and image contradict each other, and what the source or the driver throw.
 */
export async function replay(task: Replay): Promise<void> {
  const { course, source, notes, signal } = task;
  const base: OpTime = { ...course.base.clusterTime, term: course.base.term };
  const noted = await notes.read();
  const begun = noted ?? { position: base, until: base, behind: [] };
  const run = new ReplayRun(task, begun);
  const from = task.behind.size > 0 ? base : begun.position;
  if (noted !== null && task.behind.size > 0) await notes.write({ ...begun, behind: [...task.behind] }, true);
  // On the way from the base, where it stands for its own earlier parts.
  try {
    if (compareClusterTime(from, base) === 0) {
      for (const at of course.earlier) await run.takeEarlier(at);
    }
    for await (const batch of source.entries(from, course.until, { signal })) {
      for (let n = 0; n < batch.count; n++) {
        const { time, meaning } = readReplayEntry(batch.buffer, batch.starts[n]!);
        await run.take(time, meaning);
      }
    }
    await run.finish();
  } finally {
    await run.settle();
  }
}

class ReplayRun {
  readonly #task: Replay;
  readonly #begun: ReplayNote;
  readonly #windowBytes: number;
  readonly #inserters = new Map<string, RawInserter>();
  #window = new ReplayWindow();
  #applying: Promise<void> = Promise.resolve();
  /** The last entry that was taken, and the last before the window. */
  #at: OpTime;
  #windowFrom: OpTime;
  #caughtUp: boolean;
  #term: string | null = null;

  constructor(task: Replay, begun: ReplayNote) {
    this.#task = task;
    this.#begun = begun;
    this.#windowBytes = task.windowBytes ?? usualWindowBytes;
    this.#caughtUp = task.behind.size === 0;
    this.#at = begun.position;
    this.#windowFrom = begun.position;
  }

  /** A part of a transaction from before the base. */
  async takeEarlier(time: ClusterTime): Promise<void> {
    const { source, signal } = this.#task;
    const raw = await source.entryAt(time, { signal });
    const meaning = raw === null ? null : readReplayEntry(raw, 0).meaning;
    if (meaning?.kind !== 'part') throw new LarderError('internal', `the entry ${formatPoint(time)} was there a moment ago`);
    this.#add(time, meaning);
    if (this.#window.bytes >= this.#windowBytes) await this.#flush();
  }

  async take(at: OpTime, meaning: ReplayMeaning): Promise<void> {
    if (!this.#caughtUp && compareClusterTime(at, this.#begun.position) > 0) {
      await this.#flush();
      await this.#applying;
      this.#caughtUp = true;
    }
    this.#add(at, meaning);
    this.#at = at;
    if (this.#window.bytes >= this.#windowBytes) await this.#flush();
  }

  /** Everything was taken: resolves once it is in the target and stays. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#applying;
    const end = this.#caughtUp ? this.#at : this.#begun.position;
    this.#checkTerm(await this.#task.notes.write({ position: end, until: end, behind: [] }, true));
  }

  /** Resolves once nothing is under way any more, however it ended. */
  async settle(): Promise<void> {
    await this.#applying.catch(() => undefined);
  }

  #add(time: ClusterTime, meaning: ReplayMeaning): void {
    if (meaning.kind !== 'whole' && meaning.kind !== 'part') return;
    const { collections, course, behind } = this.#task;
    if (meaning.kind === 'part' && !course.effective.has(formatPoint(time))) return;
    const exact =
      compareClusterTime(time, this.#begun.until) > 0 || compareClusterTime(this.#begun.until, course.base.clusterTime) === 0;
    for (const item of meaning.items) {
      if (!('write' in item)) continue;
      const collection = collections.get(item.write.uuid);
      if (collection === undefined) continue;
      if (!this.#caughtUp && !behind.has(item.write.uuid)) continue;
      this.#window.add(item.write, collection, exact);
    }
  }

  /** Lets the window be applied while the next one is filled. */
  async #flush(): Promise<void> {
    await this.#applying;
    if (this.#window.writes === 0) return;
    const window = this.#window;
    const [position, until] = [this.#windowFrom, later(this.#at, this.#begun.until)];
    this.#window = new ReplayWindow();
    this.#windowFrom = this.#at;
    const isNoted = this.#caughtUp;
    this.#applying = (async () => {
      if (isNoted) this.#checkTerm(await this.#task.notes.write({ position, until, behind: [] }, false));
      await window.apply({
        client: this.#task.client,
        inserter: (db) => this.#inserter(db),
        onTerm: (term) => this.#checkTerm(term),
        signal: this.#task.signal,
      });
      for (const { term } of this.#inserters.values()) this.#checkTerm(term);
      this.#task.onWrites(window.writes, window.bytesTaken);
    })();
    // Awaited before the next one is applied; until then a failure must not count as unhandled.
    this.#applying.catch(() => undefined);
  }

  #inserter(db: string): RawInserter {
    let inserter = this.#inserters.get(db);
    if (inserter === undefined)
      this.#inserters.set(db, (inserter = new RawInserter(this.#task.client.db(db), this.#task.signal)));
    return inserter;
  }

  /** A new primary may lack what the old one had acknowledged: then it goes on from the note that stayed. */
  #checkTerm(term: string | null): void {
    if (term === null) return;
    this.#term ??= term;
    if (this.#term !== term) throw new LarderError('restore-failed', 'The target elected a new primary.', { retryable: true });
  }
}

function later(a: ClusterTime, b: ClusterTime): ClusterTime {
  return compareClusterTime(a, b) >= 0 ? a : b;
}
