import { LarderError } from '../core/errors.ts';

/** The oldest server Larder can talk to: before 4.4.2 there is no `hello`. */
const oldest = [4, 4, 2] as const;
/** For whoever comes with an older one. */
export const oldestSupported = `Larder needs MongoDB ${oldest.join('.')} or newer.`;
/** The first release line that reads at a cluster time outside transactions (pitfalls S5). */
const firstWithSnapshotReads = 5;
const firstWithEmptyTimestamps = 5;

/** Refuses servers older than what Larder is written for: `instance-unsupported`. */
export function refuseOldVersion(version: string): void {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10));
  for (const [n, wanted] of oldest.entries()) {
    const part = parts[n] ?? 0;
    if (part > wanted) return;
    if (part < wanted) throw new LarderError('instance-unsupported', `MongoDB ${version} is too old. ${oldestSupported}`);
  }
}

/** True if every member of a set keeps an empty timestamp at the top of a document; else its secondaries replace it by the time (pitfalls D3). */
export function keepsEmptyTimestamps(version: string): boolean {
  return Number.parseInt(version, 10) >= firstWithEmptyTimestamps;
}

/** True if any member answers a plain read at a cluster time; else that takes a transaction on the primary. */
export function readsAtClusterTime(version: string): boolean {
  return Number.parseInt(version, 10) >= firstWithSnapshotReads;
}
