import type { WirePreview } from '../wire.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatDuration } from './format-duration.ts';
import { formatTable } from './format-table.ts';

/** `larder restore --dry-run` for people: what would come, what would go, what would be built. */
export function describePreview(preview: WirePreview): string {
  const columns = [
    { title: 'WOULD' },
    { title: 'NAME' },
    { title: 'FROM' },
    { title: 'DOCUMENTS', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'LOST', align: 'right' },
    { title: 'INDEXES' },
  ] as const;
  const arrivals = preview.arrivals.map((arrival) => [
    arrival.overwrites === null ? 'create' : 'overwrite',
    arrival.name,
    arrival.from === arrival.name ? '' : arrival.from,
    arrival.kind === 'view' ? 'view' : formatCount(arrival.documents),
    arrival.kind === 'view' ? '' : formatBytes(arrival.bytes),
    loss(arrival.overwrites),
    arrival.indexes.join(', '),
  ]);
  const drops = preview.drops.map((held) => ['drop', held.name, '', '', '', loss(held), '']);
  const rows = [...arrivals, ...drops];
  const most = preview.replay === null ? '' : 'at most ';
  const total = `${formatCount(preview.documents)} documents, ${most}${formatBytes(preview.bytes)}; users and roles ${preview.users ? 'too' : 'stay as they are'}. Nothing was changed.`;
  return [rows.length === 0 ? 'Nothing to do.' : formatTable(columns, rows), ...preview.notes, total, expectation(preview)].join(
    '\n\n',
  );
}

function expectation({ expected, replay }: WirePreview): string {
  const { basis, samples } = expected;
  const restores = `${samples} ${samples === 1 ? 'restore' : 'restores'}`;
  const why =
    basis === 'assumed'
      ? 'assumed, as no restore of about this size is known'
      : `as in ${restores} ${basis === 'this-instance' ? 'into this instance' : 'into others, and drills'}`;
  const time = `It may take ${formatDuration(expected.seconds)}, at ${formatBytes(expected.bytes_per_second)}/s: ${why}.`;
  if (replay === null) return time;
  const read = `${formatCount(replay.entries)} entries of the archived oplog, ${formatBytes(replay.bytes)}`;
  return `${time}\n\nThat leaves out the replay: ${formatCount(replay.writes)} writes, among ${read}.`;
}

function loss(held: WirePreview['drops'][number] | null): string {
  if (held === null) return '';
  return held.bytes === null
    ? 'view'
    : `${held.documents === null ? '?' : formatCount(held.documents)}, ${formatBytes(held.bytes)}`;
}
