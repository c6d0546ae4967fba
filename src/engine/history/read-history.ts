import { isLarderError } from '../../core/errors.ts';
import { compareClusterTime, type ClusterTime } from '../../core/image.ts';
import type { HistoryMarker, HistoryPage, HistoryQuery } from '../../core/history.ts';
import { planReplay, pointBefore, type ArchivedStretch, type ReplayBase } from '../../core/oplog-archive.ts';
import { TransactionParts } from '../../core/transaction-parts.ts';
import type { Clock } from '../../lib/clock.ts';
import { fieldOffsets, isTransaction, textOf } from '../../mongo/oplog-fields.ts';
import { readReplayEntry, type ReplayEntry, type ReplayMeaning } from '../../mongo/replay-entry.ts';
import type { OplogArchive, OplogReader } from '../../repository/port.ts';
import { HistoryEvents, type Effects } from './history-events.ts';

const largestIncrement = 0xffff_ffff;

export interface ReadHistory {
  readonly archive: OplogArchive;
  /** What the archive holds and the images it leads on from: which points restore. */
  readonly stretches: readonly ArchivedStretch[];
  readonly bases: readonly ReplayBase[];
  /** UUIDs that the collection asked for has or had. */
  readonly uuids: readonly string[];
  readonly query: HistoryQuery;
  /** After so many milliseconds the page ends, whatever it holds, unless something began with it that is not known yet. */
  readonly budgetMs: number;
  /** … and after so many even then. */
  readonly mostMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Reads one page of what an archive tells. Bounded in time and memory: the next page goes on where this one ended, or a few seconds before
 * where something was going on then. Errors of the archive are thrown: `object-corrupt`, `oplog-gap`; `malformed-request`.
 */
export async function readHistory(read: ReadHistory): Promise<HistoryPage> {
  const { archive, stretches, bases, query, clock, signal } = read;
  const { marker } = query;
  const end = { t: query.to, i: largestIncrement };
  const begun = clock.now().getTime();
  const isOver = (milliseconds: number): boolean => clock.now().getTime() >= begun + milliseconds;
  const numbers = [...new Set(stretches.map(({ timeline }) => timeline))].toSorted((a, b) => a - b);
  let timeline = 0;
  const isRestorable = (point: ClusterTime): boolean => planReplay(point, stretches, bases)?.timeline === timeline;
  const events = new HistoryEvents(query, marker?.uuids ?? read.uuids, isRestorable);
  let entries = 0;

  for (timeline of numbers) {
    if (marker !== null && timeline < marker.timeline) continue;
    const begin = marker !== null && timeline === marker.timeline ? marker.after : pointBefore({ t: query.from, i: 0 });
    const reader = await archive.open(timeline, { signal });
    for (const stretch of reader.stretches) {
      if (compareClusterTime(stretch.to, begin) <= 0 || compareClusterTime(stretch.after, end) >= 0) continue;
      const start = compareClusterTime(stretch.after, begin) > 0 ? stretch.after : begin;
      const after = reader.entryBefore(stretch, start);
      const until = compareClusterTime(stretch.to, end) < 0 ? stretch.to : end;
      const transactions = new Transactions(reader, events, signal);
      for await (const { buffer, starts, count } of reader.entries(after, until, { signal })) {
        for (let n = 0; n < count; n++) {
          const entry = meaningOf(buffer, starts[n]!);
          if (entry === null || compareClusterTime(entry.time, start) <= 0) continue;
          entries++;
          await transactions.take(entry, () => isTransactionAt(buffer, starts[n]!));
          const endsBatch = n === count - 1;
          const isFull = events.count >= query.limit || (endsBatch && isOver(read.budgetMs));
          if (!isFull || compareClusterTime(entry.time, until) >= 0) continue;
          const open = events.earliestOpen;
          // The next page cannot begin before what began with this one: it would be torn in two, or not be seen at all.
          const beganHere = open !== null && compareClusterTime(pointBefore(open), start) <= 0;
          const isWorthWaiting = beganHere && entry.time.t <= open.t + events.openSeconds;
          if (isWorthWaiting && !(endsBatch && isOver(read.mostMs))) continue;
          return { ...endPage(events, { timeline, start, at: entry.time }), entries };
        }
      }
      // Across a gap nothing belongs together.
      events.close();
    }
  }
  return { events: events.found(null), next: null, entries };
}

interface PageEnd {
  readonly timeline: number;
  readonly start: ClusterTime;
  readonly at: ClusterTime;
}

/** Leaves what is still going on to the next page, unless it began with this one: then it is told as far as it was seen. */
function endPage(events: HistoryEvents, { timeline, start, at }: PageEnd): Omit<HistoryPage, 'entries'> {
  const open = events.earliestOpen;
  const markerAt = ({ t, i }: ClusterTime): HistoryMarker => ({ timeline, after: { t, i }, uuids: [...events.followed] });
  if (open !== null && compareClusterTime(pointBefore(open), start) > 0) {
    return { events: events.found(open), next: markerAt(pointBefore(open)) };
  }
  events.close();
  return { events: events.found(null), next: markerAt(at) };
}

/** null for an entry that is not known: it is nothing that is looked for here. */
function meaningOf(buffer: Buffer, start: number): ReplayEntry | null {
  try {
    return readReplayEntry(buffer, start);
  } catch (error) {
    if (!isLarderError(error, 'not-replayable')) throw error;
    return null;
  }
}

/** A single write may have a session, too, to be repeatable. */
function isTransactionAt(buffer: Buffer, start: number): boolean {
  const fields = fieldOffsets(buffer, start);
  return textOf(buffer, fields, 'op') === 'c' && isTransaction(buffer, fields);
}

interface Part {
  readonly effects: Effects;
  readonly previous: ClusterTime | null;
}

/** Puts transactions together: their parts take effect with the entry that ends them, or not at all. */
class Transactions {
  readonly #reader: OplogReader;
  readonly #events: HistoryEvents;
  readonly #signal: AbortSignal;
  readonly #parts = new TransactionParts<Part>();

  constructor(reader: OplogReader, events: HistoryEvents, signal: AbortSignal) {
    this.#reader = reader;
    this.#events = events;
    this.#signal = signal;
  }

  async take({ time, meaning }: ReplayEntry, isTransactional: () => boolean): Promise<void> {
    switch (meaning.kind) {
      case 'nothing':
        return;
      case 'part':
        return this.#parts.note(time, this.#partOf(meaning));
      case 'whole': {
        const parts = await this.#chain(meaning.previous);
        const effects = this.#events.effectsOf(meaning.items);
        this.#events.take(time, parts.length === 0 ? effects : together([...parts, effects]), isTransactional());
        return;
      }
      case 'commit':
        return this.#events.take(time, together(await this.#chain(meaning.previous)), true);
      case 'abort':
        return this.#parts.forget(meaning.previous);
    }
  }

  /** The parts of a transaction up to its last one, oldest first; those that are not archived are left out. */
  async #chain(last: ClusterTime | null): Promise<readonly Effects[]> {
    const found = await this.#parts.complete(last, (at, noted) => noted ?? this.#read(at));
    return found.map(({ part }) => part.effects);
  }

  async #read(at: ClusterTime): Promise<Part | null> {
    const raw = await this.#reader.entryAt(at, { signal: this.#signal });
    const meaning = raw === null ? null : meaningOf(raw, 0)?.meaning;
    return meaning?.kind === 'part' ? this.#partOf(meaning) : null;
  }

  #partOf({ items, previous }: ReplayMeaning & { kind: 'part' }): Part {
    return { effects: this.#events.effectsOf(items), previous };
  }
}

function together(all: readonly Effects[]): Effects {
  const counts = new Map<string, Effects['counts'][number]>();
  for (const one of all.flatMap((effects) => effects.counts)) {
    const key = `${one.op} ${one.uuid}`;
    counts.set(key, { ...one, count: one.count + (counts.get(key)?.count ?? 0) });
  }
  return {
    counts: [...counts.values()],
    documents: all.flatMap(({ documents }) => documents),
    commands: all.flatMap(({ commands }) => commands),
    databases: all.flatMap(({ databases }) => databases),
  };
}
