import type { WireHistoryEvent } from '../wire.ts';
import { formatCount } from './format-count.ts';
import { formatTable } from './format-table.ts';
import { formatTime } from './format-time.ts';
import { printable } from './printable.ts';

/** What an archived oplog tells, oldest first, and how to get back to before it. */
export function describeHistory(
  events: readonly WireHistoryEvent[],
  { instance, complete }: { readonly instance: string; readonly complete: boolean },
): string {
  const more = complete ? [] : ['', 'There is more: give a greater --limit, or --from.'];
  if (events.length === 0) return ['Nothing was found in what is archived.', ...more].join('\n');
  const rows = events.map((event) => [
    formatTime(event.time),
    describeEvent(event),
    event.restorable ? event.restore_at : `${event.restore_at} (does not restore)`,
  ]);
  const lines = formatTable([{ title: 'TIME' }, { title: 'WHAT' }, { title: 'JUST BEFORE IT' }], rows).split('\n');
  const table = lines.flatMap((line, n) => [line, ...changeLines(events[n - 1])]);
  const last = events.findLast(({ restorable }) => restorable);
  const hint =
    last === undefined
      ? []
      : ['', `To get it back:  larder restore --instance ${printable(instance)} --at ${last.restore_at} --to INSTANCE`];
  return [...table, ...hint, ...more].join('\n');
}

function describeEvent({ kind, ns, other_ns: other, count, in_transaction: inTransaction }: WireHistoryEvent): string {
  const many = formatCount(count ?? 0);
  const within = inTransaction ? ', in a transaction' : '';
  switch (kind) {
    case 'database-dropped':
      return `database ${ns} dropped, ${many} collections`;
    case 'collection-dropped':
      return `${ns} dropped`;
    case 'collection-replaced':
      return `${ns} replaced by ${other ?? 'the output of a query'}`;
    case 'collection-renamed':
      return `${ns} renamed to ${other ?? ''}`;
    case 'mass-delete':
      return `${many} documents of ${ns} deleted${within}`;
    case 'mass-update':
      return `${many} documents of ${ns} changed${within}`;
    case 'document-inserted':
    case 'document-updated':
    case 'document-replaced':
    case 'document-deleted':
      return `${ns}: ${kind.slice('document-'.length)}${within}`;
  }
}

function changeLines(event: WireHistoryEvent | undefined): readonly string[] {
  return (event?.change ?? '') === '' ? [] : event!.change!.split('\n').map((line) => printable(`    ${line}`));
}
