/** Which automated backups have had their time. Pure: the same backups and the same moment give the same answer. */

/** What of a backup decides how long it lives. */
export interface AgingBackup {
  readonly id: string;
  readonly type: 'Manual' | 'Auto';
  readonly status: 'BUILDING' | 'COMPLETED' | 'FAILED' | 'DISABLED';
  readonly beginTime: Date;
  /** The policy's days when the backup was made; null where none was in force. Later changes of the policy do not reach it. */
  readonly keepDays: number | null;
}

/**
 * Why a backup stays or goes. `expired`: its days are over. `manual`: only people delete it. `last-restorable`: nothing newer of
 * the instance could be restored. `no-days`: an automated backup that nobody gave any. `being-made`, `being-deleted`: not ours to judge.
 */
export type RetentionReason =
  | 'expired'
  | 'within-keep-days'
  | 'manual'
  | 'last-restorable'
  | 'no-days'
  | 'being-made'
  | 'being-deleted';

export interface RetentionVerdict {
  readonly id: string;
  readonly remove: boolean;
  readonly reason: RetentionReason;
  /** When its days are over; null where it has none. */
  readonly expires: Date | null;
}

const dayMs = 86_400_000;

/** When an automated backup's days are over: that many times 24 hours after it began, whatever calendars and zones say. */
export function expiryOf(backup: Pick<AgingBackup, 'type' | 'beginTime' | 'keepDays'>): Date | null {
  if (backup.type === 'Manual' || backup.keepDays === null || backup.keepDays <= 0) return null;
  return new Date(backup.beginTime.getTime() + backup.keepDays * dayMs);
}

/** The newest backup of one instance that can be restored, or null. */
export function lastRestorable(backups: readonly AgingBackup[]): AgingBackup | null {
  return backups
    .filter(({ status }) => status === 'COMPLETED')
    .reduce<AgingBackup | null>((newest, backup) => (newest === null || isNewer(backup, newest) ? backup : newest), null);
}

/**
 * One verdict for each backup of one instance, in the order given. Only COMPLETED backups count as something to fall back on, and the
 * newest of them stays for as long as the instance exists. A FAILED one holds nothing and goes when its days are over.
 */
export function planRetention(
  backups: readonly AgingBackup[],
  now: Date,
  instance: { readonly exists: boolean } = { exists: true },
): readonly RetentionVerdict[] {
  // A backup from the future was made under a wrong clock, and may be older than it seems: what is newest without it stays, too.
  const past = backups.filter(({ beginTime }) => beginTime <= now);
  const last = new Set([lastRestorable(backups)?.id, lastRestorable(past)?.id]);
  return backups.map((backup) => {
    const expires = expiryOf(backup);
    const reason = reasonFor(backup, {
      expires,
      now,
      isLast: instance.exists && backup.status === 'COMPLETED' && last.has(backup.id),
    });
    return { id: backup.id, remove: reason === 'expired', reason, expires };
  });
}

function reasonFor(
  backup: AgingBackup,
  { expires, now, isLast }: { readonly expires: Date | null; readonly now: Date; readonly isLast: boolean },
): RetentionReason {
  if (backup.type === 'Manual') return 'manual';
  if (backup.status === 'BUILDING') return 'being-made';
  if (backup.status === 'DISABLED') return 'being-deleted';
  if (expires === null) return 'no-days';
  if (now < expires) return 'within-keep-days';
  return isLast ? 'last-restorable' : 'expired';
}

/** Of two that began in the same millisecond the greater id is the newer, as in the lists. */
function isNewer(a: AgingBackup, b: AgingBackup): boolean {
  const difference = a.beginTime.getTime() - b.beginTime.getTime();
  return difference === 0 ? a.id > b.id : difference > 0;
}
