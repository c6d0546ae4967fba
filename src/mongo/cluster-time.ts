import { Timestamp } from 'mongodb';
import type { ClusterTime } from '../core/image.ts';

/** A server's Timestamp as our own. */
export function fromTimestamp(timestamp: Timestamp): ClusterTime {
  return { t: timestamp.getHighBitsUnsigned(), i: timestamp.getLowBitsUnsigned() };
}

export function toTimestamp({ t, i }: ClusterTime): Timestamp {
  return new Timestamp({ t, i });
}

/** The Timestamp value that lies at `offset` in raw BSON: increment first, then seconds. */
export function readClusterTime(buffer: Buffer, offset: number): ClusterTime {
  return { i: buffer.readUInt32LE(offset), t: buffer.readUInt32LE(offset + 4) };
}
