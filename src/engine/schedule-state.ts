/** Automated backups and drills of an instance, and how they go. */
import type { DrillSchedule } from '../core/drill-schedule.ts';
import type { BackupPolicy } from '../core/policy.ts';
import type { InstanceProof } from './instance.ts';

export interface DrillRequest {
  /** A backup, or the newest one of an instance. */
  readonly of: { readonly backupId: string } | { readonly instanceId: string };
  /** As `parseAssertions` takes them. */
  readonly assertions: readonly unknown[];
}

/** `larder drill schedule`: the drills of an instance and how they go. */
export interface DrillScheduleState {
  readonly schedule: DrillSchedule | null;
  /** When the last drill of the schedule began, and its job. */
  readonly lastBegun: Date | null;
  readonly lastJobId: string | null;
  /** Why the last try to begin one did not succeed; null once one did. */
  readonly trouble: string | null;
  readonly proof: InstanceProof;
}

/** A window of the policy and what came of it. */
export interface WindowOutcome {
  readonly start: Date;
  /** `missed`: it ended without a backup. */
  readonly outcome: 'started' | 'missed';
  readonly backupId: string | null;
  /** Why it was missed, else null. */
  readonly reason: string | null;
}

/** `larder policy show`: the policy and how it goes. */
export interface PolicyState extends BackupPolicy {
  /** Whether the oplog is archived besides, so that any moment can be restored. */
  readonly incremental: boolean;
  /** When the next window begins; null while the policy is off. */
  readonly nextWindow: Date | null;
  /** A backup is owed at once, because the policy was turned on, and could not begin yet. */
  readonly firstBackupDue: boolean;
  /** Why the last try to begin an automated backup did not succeed; null once one did. */
  readonly trouble: string | null;
  /** Newest first, at most ten. */
  readonly windows: readonly WindowOutcome[];
}
