import type { WireInstance } from '../wire.ts';
import { formatFields, formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';

/** `larder instance list` for people. */
export function describeInstances(instances: readonly WireInstance[]): string {
  if (instances.length === 0) return 'No instances yet. `larder instance adopt --name NAME --uri mongodb://...` adds one.';
  const columns = [
    { title: 'NAME' },
    { title: 'MODE' },
    { title: 'VERSION' },
    { title: 'STATUS' },
    { title: 'ADDRESS' },
    { title: 'ID' },
  ];
  return formatTable(
    columns,
    instances.map((instance) => [
      instance.name,
      instance.mode,
      instance.server_version,
      statusOf(instance),
      instance.address,
      instance.id,
    ]),
  );
}

/** `larder instance show` for people: the instance and its members. */
export function describeInstance(instance: WireInstance): string {
  const fields = formatFields([
    ['Name', instance.name],
    ['Id', instance.id],
    ['Mode', instance.mode],
    ['Status', statusOf(instance)],
    ['Version', instance.server_version],
    ['Replica set', instance.set_name],
    ['Address', instance.address],
    ['TLS', instance.tls ? 'yes' : 'no'],
    ['Locked for backups', instance.mode === 'Single' ? (instance.lock ? 'yes' : 'no') : null],
    ['Read at most', instance.rate_mb_per_s === null ? null : `${instance.rate_mb_per_s} MB/s`],
    ['Adopted', formatTime(instance.created)],
  ]);
  const columns = [{ title: 'MEMBER' }, { title: 'ROLE' }, { title: 'STATUS' }];
  const members = instance.nodes.map((node) => [`${node.host}:${node.port}`, node.role, node.status]);
  return members.length === 0 ? fields : `${fields}\n\n${formatTable(columns, members)}`;
}

function statusOf(instance: WireInstance): string {
  return instance.actions.length === 0 ? instance.status : `${instance.status}, ${instance.actions.join(', ')}`;
}
