import type { Clock } from '../lib/clock.ts';
import type { ObjectStore } from '../storage/port.ts';
import type { ProjectKeys } from './derive-keys.ts';
import type { ProjectNames } from './object-names.ts';

/** What every function that works on one project's objects needs. */
export interface ProjectContext {
  readonly projectId: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly keys: ProjectKeys;
  readonly names: ProjectNames;
}
