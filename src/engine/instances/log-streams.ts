import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import type { LogStream, LogType } from '../../core/own-instance.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { notReady } from '../instance-action.ts';
import { writeInstance } from '../instance-record.ts';
import type { Caller } from '../use-cases.ts';
import { requireOwn } from './own-servers.ts';

/** Instances.setLogStreams. */
export function setLogStreams(
  deps: EngineDeps,
  caller: Caller,
  streams: readonly (LogStream & { readonly instanceId: string })[],
): Promise<void> {
  return change(deps, caller, streams, (before, { logType, groupId, streamId }) => [
    ...before.filter((one) => one.logType !== logType),
    { logType, groupId, streamId },
  ]);
}

/** Instances.removeLogStreams. */
export function removeLogStreams(
  deps: EngineDeps,
  caller: Caller,
  streams: readonly { readonly instanceId: string; readonly logType: LogType }[],
): Promise<void> {
  return change(deps, caller, streams, (before, { logType }) => before.filter((one) => one.logType !== logType));
}

/** All or none: what could refuse one is looked at before the first is written. */
async function change<T extends { readonly instanceId: string }>(
  deps: EngineDeps,
  { projectId }: Caller,
  wanted: readonly T[],
  after: (before: readonly LogStream[], one: T) => readonly LogStream[],
): Promise<void> {
  if (wanted.length === 0 || wanted.length > 100)
    throw new LarderError('malformed-request', 'lts_configs must have 1 to 100 elements.');
  for (const { instanceId } of wanted) checkInstanceId(instanceId);
  await deps.catalog.db.transaction().execute(async (trx) => {
    for (const { instanceId } of wanted) {
      const row = await findInstance(trx, projectId, instanceId);
      requireOwn(row);
      if (row.status === 'creating' || row.status === 'createfail') throw notReady(null);
    }
    for (const one of wanted.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))) {
      await writeInstance(deps, trx, one.instanceId, (current) => {
        const own = requireOwn(current);
        const logStreams = after(own.sent.logStreams ?? [], one);
        return { own: JSON.stringify({ ...own, sent: { ...own.sent, logStreams } }) };
      });
    }
  });
}
