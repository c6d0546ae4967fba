import type { HistoryKind } from '../core/history.ts';
import type { AuditEntry } from '../engine/audit.ts';
import type {
  Backup,
  BackupDetails,
  DrillScheduleState,
  Instance,
  Job,
  JobProgress,
  PolicyState,
  RestorePreview,
} from '../engine/use-cases.ts';

/** `beginTime` as a type: `begin_time`. */
type Snake<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Snake<Tail>}`
    : `_${Lowercase<Head>}${Snake<Tail>}`
  : Name;

/** A type of the use cases as it travels in JSON: names in snake_case, dates as ISO 8601. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Name in keyof T & string as Snake<Name>]: Wire<T[Name]> }
      : T;

export type WireBackup = Wire<Backup>;
export type WireBackupDetails = Wire<BackupDetails>;
export type WireInstance = Wire<Omit<Instance, 'own'>> & {
  readonly own: null | {
    readonly version: string;
    readonly ports: readonly number[];
    readonly volume_gb: number;
    readonly spec_code: string;
  };
};
export type WireJob = Wire<Job>;
export type WireProgress = Wire<JobProgress>;
export type WirePreview = Wire<RestorePreview>;

export type WireDrillSchedule = Wire<DrillScheduleState>;

export type WirePolicyState = Wire<PolicyState>;

export type WireAuditEntry = Wire<AuditEntry>;

/** What an archived oplog tells; points are `seconds:increment`. */
export interface WireHistoryEvent {
  readonly kind: HistoryKind;
  readonly time: string;
  readonly at: string;
  readonly until: string | null;
  /** For `--at`: the point just before it. */
  readonly restore_at: string;
  readonly restorable: boolean;
  readonly ns: string;
  readonly other_ns: string | null;
  readonly count: number | null;
  readonly in_transaction: boolean;
  readonly change: string | null;
}

export interface WireHistory {
  readonly events: readonly WireHistoryEvent[];
  readonly next_marker: string | null;
  readonly entries: number;
}

export interface WireAccessKey {
  readonly access: string;
  readonly created: string;
}

/** The same value as it travels in JSON. */
export function toWire<T>(value: T): Wire<T> {
  return convert(value) as Wire<T>;
}

function convert(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [snake(name), convert(part)]));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
