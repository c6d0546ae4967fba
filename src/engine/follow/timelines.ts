import type { OpTime } from '../../core/image.ts';
import type { OplogGapCause, OplogTimeline, ReplayBase } from '../../core/oplog-archive.ts';
import type { Clock } from '../../lib/clock.ts';
import type { OplogArchive } from '../../repository/port.ts';
import type { Source } from '../capture/source.ts';
import type { FollowReport } from './follow-messages.ts';
import { startPoint } from './start-point.ts';

/** Where an archive stands: the entry that was stored last. Kept while members are changed. */
export interface Standing {
  timeline: number;
  /** ISO 8601; later than every restore that it already begins after. */
  begunAt: string;
  /** null where it cannot be read. */
  at: OpTime | null;
}

/** What beginning a timeline takes. */
export interface ArchiveSide {
  readonly archive: OplogArchive;
  readonly source: Source;
  readonly clock: Clock;
  readonly report: (report: FollowReport) => void;
  readonly signal: AbortSignal;
}

/** Begins the next timeline at what the member holds now, and with it records the gap before it. */
export async function beginTimeline(
  { archive, source, clock, report, signal }: ArchiveSide,
  standing: Standing,
  gap: { readonly cause: OplogGapCause; readonly detail: string },
): Promise<void> {
  const until = await startPoint(source.client, null, signal);
  const noticedAt = clock.now().toISOString();
  const timeline: OplogTimeline = {
    number: standing.timeline + 1,
    after: until,
    begunAt: noticedAt,
    gap: { ...gap, after: standing.at, until, noticedAt },
  };
  await archive.beginTimeline(timeline, { signal });
  Object.assign(standing, { timeline: timeline.number, begunAt: noticedAt, at: until } satisfies Standing);
  report({ kind: 'begun', timeline });
}

/**
 * Where the archive stands. An empty one is begun, at the image if the member still reaches back to it; one whose end cannot be
 * read is continued with a gap.
 */
export async function takeUpArchive(side: ArchiveSide, base: ReplayBase | null): Promise<Standing> {
  const { archive, source, clock, report, signal } = side;
  const newest = await archive.newest({ signal });
  if (newest === null) {
    const after = await startPoint(source.client, base, signal);
    const timeline: OplogTimeline = { number: 1, after, begunAt: clock.now().toISOString(), gap: null };
    await archive.beginTimeline(timeline, { signal });
    report({ kind: 'begun', timeline });
    return { timeline: 1, begunAt: timeline.begunAt, at: after };
  }
  const standing: Standing = { timeline: newest.number, begunAt: newest.begunAt ?? clock.now().toISOString(), at: newest.at };
  if (standing.at === null)
    await beginTimeline(side, standing, { cause: 'damaged', detail: `Where timeline ${newest.number} begins cannot be read.` });
  else report({ kind: 'resumed' });
  return standing;
}
