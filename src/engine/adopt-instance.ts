import type { Deployment } from '../core/deployment.ts';
import { LarderError } from '../core/errors.ts';
import { checkInstanceName } from '../core/names.ts';
import type { EngineDeps } from './engine-deps.ts';
import { instanceNodes } from './instance-nodes.ts';
import { rowOfRecord } from './instance-record.ts';
import { lockNeedsSingle } from './lock-needs-single.ts';
import { newId } from './new-id.ts';
import { putRecord, type InstanceRecord } from './records.ts';
import { sealedContexts } from './sealed-contexts.ts';
import type { Caller } from './use-cases.ts';

/** A first connection may have to resolve names and try several hosts. */
const probeLimitMs = 15_000;

/**
 * UseCases.adoptInstance. The connection string is sealed at once; neither it nor its credentials are ever shown again.
 */
export async function adoptInstance(
  deps: EngineDeps,
  caller: Caller,
  request: { name: string; uri: string; lock?: boolean },
): Promise<{ id: string }> {
  const name = checkInstanceName(request.name);
  const found = await deps.probe(request.uri, AbortSignal.timeout(probeLimitMs));
  refuseUnlessSupported(found);
  if (request.lock === true && found.mode !== 'Single') throw lockNeedsSingle();

  const id = newId('instance');
  const now = deps.clock.now();
  const record: InstanceRecord = {
    projectId: caller.projectId,
    name,
    mode: found.mode,
    sealedUri: deps.repository.sealSecret(request.uri, sealedContexts.instanceUri(id)),
    address: found.address,
    serverVersion: found.serverVersion,
    setName: found.setName,
    tls: found.tls,
    nodes: instanceNodes(id, name, found.nodes),
    holdsUserData: found.holdsUserData,
    lock: request.lock ?? false,
    created: now.toISOString(),
  };
  await putRecord(deps.repository, 'instance', id, record);
  const status = found.nodes.some((node) => node.role === 'Primary' && node.healthy) ? 'normal' : 'abnormal';
  await deps.catalog.db
    .insertInto('instances')
    .values(rowOfRecord(id, record, { status, probed: now }))
    .execute();
  return { id };
}

function refuseUnlessSupported(found: Deployment): void {
  if (found.mode === 'Sharding') {
    throw new LarderError('instance-unsupported', 'This is a sharded cluster; this version backs up replica sets.');
  }
}
