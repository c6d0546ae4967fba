import { checkInstanceId } from '../../core/ids.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import type { Caller } from '../use-cases.ts';

/** Instances.requireInstance. */
export async function requireInstance(deps: EngineDeps, caller: Caller, instanceId: string): Promise<void> {
  await findInstance(deps.catalog.db, caller.projectId, checkInstanceId(instanceId));
}
