import { compareClusterTime, type ClusterTime } from '../../core/image.ts';
import type { MassThresholds } from '../../core/history.ts';

/** Changes of one kind to one collection that took effect with one entry. */
export interface CountedChanges {
  readonly uuid: string;
  readonly ns: string;
  readonly op: 'delete' | 'update';
  readonly count: number;
  readonly inTransaction: boolean;
}

/** Many changes in a short time. */
export interface MassChange extends CountedChanges {
  readonly first: ClusterTime;
  readonly last: ClusterTime;
}

interface Second {
  readonly first: ClusterTime;
  last: ClusterTime;
  count: number;
  inTransaction: boolean;
}

/** A mass change that goes on. */
interface Open {
  readonly ns: string;
  /** The seconds that made it one, oldest first. */
  readonly beginning: readonly Second[];
  /** What came since then and belongs to it, the newest second aside. */
  count: number;
  last: ClusterTime;
  inTransaction: boolean;
  /** Since the last second that belongs to it. */
  uncertain: number;
  peak: number;
}

interface Watched {
  readonly uuid: string;
  readonly op: CountedChanges['op'];
  /** Newest last; none older than the thresholds say. */
  seconds: Second[];
  sum: number;
  open: Open | null;
}

/** A second with less than this share of the busiest one does not belong to the beginning of a mass change: something else was going on. */
const belongs = 0.1;

/** … but one right before it belongs to it with more than so many times what any second before that had: the change began late in that second. */
const stands = 2;

/** Finds where many documents of a collection change within some seconds. Memory: some seconds of each collection that is written to. */
export class MassWatch {
  readonly #thresholds: MassThresholds;
  readonly #watched = new Map<string, Watched>();
  #second = 0;

  constructor(thresholds: MassThresholds) {
    this.#thresholds = thresholds;
  }

  /** Takes note, in the order of time, and returns what has ended by then. */
  *advance(time: ClusterTime): Generator<MassChange> {
    if (time.t === this.#second) return;
    this.#second = time.t;
    for (const [key, watched] of this.#watched) {
      const ended = this.#expire(watched, time.t);
      if (ended !== null) yield ended;
      if (watched.seconds.length === 0) this.#watched.delete(key);
    }
  }

  /** Counts changes of the second that was advanced to. */
  add(time: ClusterTime, { uuid, ns, op, count, inTransaction }: CountedChanges): void {
    const key = `${op} ${uuid}`;
    let watched = this.#watched.get(key);
    if (watched === undefined) this.#watched.set(key, (watched = { uuid, op, seconds: [], sum: 0, open: null }));
    const at = { t: time.t, i: time.i };
    // One entry that is enough by itself is what happened, whatever there was before.
    const alone = watched.open === null && count >= this.#thresholds.documents;
    let second = watched.seconds.at(-1);
    if (second?.first.t !== time.t || alone) {
      if (second !== undefined && watched.open !== null) settle(watched.open, second);
      watched.seconds.push((second = { first: at, last: at, count: 0, inTransaction: true }));
    }
    second.count += count;
    second.last = at;
    second.inTransaction &&= inTransaction;
    watched.sum += count;
    const { open, seconds } = watched;
    if (open !== null) open.peak = Math.max(open.peak, second.count);
    else if (watched.sum >= this.#thresholds.documents) {
      const beginning = alone ? [second] : [...seconds];
      const peak = Math.max(...beginning.map((one) => one.count));
      watched.open = { ns, beginning, count: 0, last: at, inTransaction: true, uncertain: 0, peak };
    }
  }

  /** Ends everything that is open. */
  *end(): Generator<MassChange> {
    for (const watched of this.#watched.values()) if (watched.open !== null) yield this.#close(watched);
    this.#watched.clear();
  }

  /** The earliest entry that may still become part of something; null if there is none. */
  get earliest(): ClusterTime | null {
    let earliest: ClusterTime | null = null;
    for (const { seconds, open } of this.#watched.values()) {
      const { first } = (open?.beginning ?? seconds)[0]!;
      if (earliest === null || compareClusterTime(first, earliest) < 0) earliest = first;
    }
    return earliest;
  }

  #expire(watched: Watched, now: number): MassChange | null {
    const { seconds, open } = watched;
    const newest = seconds.at(-1);
    const kept = seconds.filter(({ first }) => first.t > now - this.#thresholds.seconds);
    watched.sum = kept.reduce((sum, { count }) => sum + count, 0);
    watched.seconds = kept;
    if (open === null || watched.sum >= this.#thresholds.documents) return null;
    if (kept.length === 0 && newest !== undefined) settle(open, newest);
    return this.#close(watched);
  }

  #close(watched: Watched): MassChange {
    const { uuid, op, seconds } = watched;
    const open = watched.open!;
    watched.open = null;
    const newest = seconds.at(-1);
    if (newest !== undefined) settle(open, newest);
    const begun = open.beginning.slice(startOf(open));
    return {
      uuid,
      op,
      ns: open.ns,
      count: open.count + begun.reduce((sum, { count }) => sum + count, 0),
      inTransaction: open.inTransaction && begun.every((second) => second.inTransaction),
      first: begun[0]!.first,
      last: compareClusterTime(open.last, begun.at(-1)!.last) > 0 ? open.last : begun.at(-1)!.last,
    };
  }
}

/** Where in its beginning a mass change begins. */
function startOf({ beginning, peak }: Open): number {
  const start = beginning.findIndex(({ count }) => count >= peak * belongs);
  const edge = beginning[start - 1];
  if (edge?.first.t !== beginning[start]!.first.t - 1) return start;
  const usual = Math.max(0, ...beginning.slice(0, start - 1).map(({ count }) => count));
  return edge.count > usual * stands ? start - 1 : start;
}

/** Once a second is over it is known whether it belongs to the change; those of the beginning are counted there. */
function settle(open: Open, second: Second): void {
  if (open.beginning.includes(second)) return;
  if (second.count < open.peak * belongs) {
    open.uncertain += second.count;
    return;
  }
  open.count += open.uncertain + second.count;
  open.uncertain = 0;
  open.last = second.last;
  open.inTransaction &&= second.inTransaction;
}
