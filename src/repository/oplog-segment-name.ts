import type { OpTime } from '../core/image.ts';
import type { OplogSegment } from '../core/oplog-archive.ts';

/** Timeline, after (time, term), to (time, term), entries, raw bytes: fixed widths, so that names sort by timeline and time. */
const pattern =
  /^([0-9a-f]{8})-([0-9a-f]{8})([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{8})([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{8})$/;

/** Eight digits; a term below 0, that of what a replica set writes before its first election, as its two's complement. */
const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const signed = (value: number): number => value | 0;
const point = ({ t, i, term }: OpTime): string => `${hex(t)}${hex(i)}-${hex(term)}`;

/** How the names of a timeline's segments begin. */
export function segmentPrefix(timeline: number): string {
  return `${hex(timeline)}-`;
}

/** The last part of a segment's key: what it holds. Each number is below 2^32, terms are from -2^31 to below 2^31. */
export function segmentName({ timeline, after, to, entries, rawBytes }: OplogSegment): string {
  return `${segmentPrefix(timeline)}${point(after)}-${point(to)}-${hex(entries)}-${hex(rawBytes)}`;
}

/** What a segment of this name holds, or null if it is no such name. */
export function parseSegmentName(name: string): OplogSegment | null {
  const match = pattern.exec(name);
  if (match === null) return null;
  const [timeline, t, i, term, toT, toI, toTerm, entries, rawBytes] = match
    .slice(1)
    .map((digits) => Number.parseInt(digits, 16)) as [number, number, number, number, number, number, number, number, number];
  return { timeline, after: { t, i, term: signed(term) }, to: { t: toT, i: toI, term: signed(toTerm) }, entries, rawBytes };
}
