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
    { title: 'PROVED' },
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
      proofText(instance.proof),
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
    ['Proved', describeProof(instance.proof)],
    ...archiveFields(instance),
    [instance.own === null ? 'Adopted' : 'Created', formatTime(instance.created)],
  ]);
  const columns = [{ title: 'MEMBER' }, { title: 'ROLE' }, { title: 'STATUS' }];
  const members = instance.nodes.map((node) => [`${node.host}:${node.port}`, node.role, node.status]);
  return members.length === 0 ? fields : `${fields}\n\n${formatTable(columns, members)}`;
}

/** In a word, or the time of the proof. */
function proofText(proof: WireInstance['proof']): string {
  if (proof.state === 'overdue' || proof.state === 'failed') return proof.state.toUpperCase();
  return proof.state === 'proved' && proof.proved_at !== null ? formatTime(proof.proved_at) : '-';
}

/** How far the backups of an instance are proved, in a sentence. */
export function describeProof({
  state,
  last_at: lastAt,
  proved_at: provedAt,
  allowed_days: days,
}: WireInstance['proof']): string {
  const last = provedAt === null ? 'never' : formatTime(provedAt);
  const limit = days === null ? '' : `, at most ${days} ${days === 1 ? 'day' : 'days'} may pass`;
  if (state === 'none') return 'never: no restore or drill of a backup was compared';
  if (state === 'waiting') return `not yet: the first drill is still to come${limit}`;
  if (state === 'failed') return `FAILED ${lastAt === null ? '' : formatTime(lastAt)}; last proved: ${last}`;
  return state === 'overdue' ? `OVERDUE: last proved ${last}${limit}` : `${last}${limit}`;
}

function archiveFields({ archive }: WireInstance): readonly (readonly [string, string | null])[] {
  if (!archive) return [];
  const lag = archive.lag_seconds === null ? '' : `, ${archive.lag_seconds} s behind`;
  const gap = archive.gaps.at(-1);
  return [
    ['Oplog archive', archive.state === 'stalled' ? `stalled: ${archive.cause}` : `${archive.state}${lag}`],
    ['Restorable until', archive.newest_restorable === null ? null : formatTime(archive.newest_restorable)],
    ['Last gap', gap === undefined ? null : `${formatTime(gap.noticed_at)}, ${gap.cause}: ${gap.detail}`],
  ];
}

function statusOf(instance: WireInstance): string {
  return instance.actions.length === 0 ? instance.status : `${instance.status}, ${instance.actions.join(', ')}`;
}
