import { InvalidArgumentError, type Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeHistory } from '../render/describe-history.ts';
import { pageSize } from '../read-pages.ts';
import { parseTime } from '../parse-time.ts';
import type { WireHistoryEvent } from '../wire.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly instance: string;
  readonly ns?: string;
  readonly id?: string;
  readonly from?: string;
  readonly to?: string;
  readonly massDocuments?: string;
  readonly massSeconds?: string;
  readonly limit: number;
}

const defaultLimit = 100;
const mostEvents = 10_000;

/** `larder history`: page by page, until all of the archive was read or enough was found. */
export function addHistory(program: Command, register: Register): void {
  const command = program
    .command('history')
    .description('find drops, mass changes and what happened to a document, with the restore point just before each')
    .requiredOption('--instance <instance>', 'id or name')
    .option('--ns <db.collection>', 'only what happened to this collection, also under other names')
    .option('--id <json>', 'with --ns: only what happened to this document; its _id in Extended JSON')
    .option('--from <time>', 'nothing earlier; a time like 2026-11-25T10:00:00Z', parseTime)
    .option('--to <time>', 'nothing later', parseTime)
    .option('--mass-documents <count>', 'so many documents make a mass change (1000)')
    .option('--mass-seconds <seconds>', 'if they change within so many seconds (10)')
    .option('--limit <count>', `end after about so many events (${defaultLimit})`, readLimit, defaultLimit);
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options) => {
    if (options.id !== undefined && options.ns === undefined) {
      throw usageError('--id needs --ns: the collection that the document is in.');
    }
    const api = await connect();
    const { id, name } = await findInstance(api, options.instance);
    const events: WireHistoryEvent[] = [];
    let marker: string | null = '';
    let entries = 0;
    while (marker !== null && events.length < options.limit) {
      io.signal.throwIfAborted();
      const limit = String(Math.min(pageSize, options.limit - events.length));
      const page = await api.listHistory(id, { ...queryOf(options), limit, ...(marker === '' ? {} : { marker }) });
      events.push(...page.events);
      entries += page.entries;
      marker = page.next_marker;
      renderer.note(`${entries} entries of the oplog read`);
    }
    renderer.result(
      { events, complete: marker === null, entries },
      describeHistory(events, { instance: name, complete: marker === null }),
    );
  });
}

function queryOf({ ns, id, from, to, massDocuments, massSeconds }: Options): Readonly<Record<string, string>> {
  const given = { ns, document: id, from, to, mass_documents: massDocuments, mass_seconds: massSeconds };
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function readLimit(value: string): number {
  const count = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > mostEvents) throw new InvalidArgumentError(`It must be a number from 1 to ${mostEvents}.`);
  return count;
}
