import { InvalidArgumentError, type Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { parseTime } from '../parse-time.ts';
import { describeAudit } from '../render/describe-audit.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly all?: true;
  readonly user?: string;
  readonly operation?: string;
  readonly done?: true;
  readonly refused?: true;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

const defaultLimit = 50;
const mostEntries = 10_000;

/** `larder audit list`. */
export function addAuditList(audit: Command, register: Register): void {
  const command = audit
    .command('list')
    .description('list who changed what, newest first')
    .option('--all', 'not only what is about the project: also users, logins, other projects')
    .option('--user <user>', 'only by this user, id or name')
    .option('--operation <name>', 'only this operation, like createBackup')
    .option('--done', 'only what was done')
    .option('--refused', 'only what was refused')
    .option('--since <time>', 'ISO 8601; needs --until', parseTime)
    .option('--until <time>', 'ISO 8601; needs --since', parseTime)
    .option('--limit <count>', `how many entries (${defaultLimit})`, readLimit, defaultLimit);
  register<Options>(withServerOptions(command), async ({ api, renderer }, options) => {
    if (options.done === true && options.refused === true) throw usageError('Give --done or --refused, not both.');
    if ((options.since === undefined) !== (options.until === undefined)) throw usageError('--since and --until need each other.');
    const entries = await (
      await api()
    ).listAudit(options.limit, {
      ...(options.all === true ? { scope: 'all' } : {}),
      ...(options.user === undefined ? {} : { user: options.user }),
      ...(options.operation === undefined ? {} : { operation: options.operation }),
      ...(options.done === true ? { result: 'done' } : {}),
      ...(options.refused === true ? { result: 'refused' } : {}),
      ...(options.since === undefined ? {} : { begin_time: options.since }),
      ...(options.until === undefined ? {} : { end_time: options.until }),
    });
    renderer.result({ entries }, describeAudit(entries));
  });
}

function readLimit(value: string): number {
  const count = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > mostEntries) throw new InvalidArgumentError(`It must be a number from 1 to ${mostEntries}.`);
  return count;
}
