import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { findBackup, findInstance } from '../find-by-name.ts';
import type { LarderApi, RestoreBody } from '../larder-api.ts';
import type { Register } from '../register.ts';
import { describeJob } from '../render/describe-job.ts';
import { describePreview } from '../render/describe-preview.ts';
import { readParts, type PartOptions } from '../restore-parts.ts';
import { finishJob } from '../finish-job.ts';
import type { WireBackup } from '../wire.ts';
import { usageError } from '../usage-error.ts';

interface Options extends PartOptions {
  readonly backup?: string;
  readonly instance?: string;
  readonly at?: string;
  readonly to: string;
  readonly users?: boolean;
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly yes?: true;
  readonly wait?: true;
}

/** Commander's way of an option that may be given again. */
const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `larder restore`: asks before data is replaced, unless --yes says that somebody has thought of it. */
export function addRestore(program: Command, register: Register): void {
  const command = program
    .command('restore')
    .description('make an instance hold what a backup holds, or an instance held at a time, or a part of it')
    .option('--backup <backup>', 'id or name')
    .option('--instance <instance>', 'with --at instead of --backup: id or name')
    .option('--at <time>', 'a time like 2026-11-25T10:00:00Z, or seconds:increment of an entry of the oplog')
    .requiredOption(
      '--to <target>',
      '`original` (the instance that it is of; all its data is replaced), or an instance, id or name',
    )
    .option('--db <database>', 'only this database; may be repeated', repeated)
    .option('--collection <db.collection>', 'only this collection; may be repeated', repeated)
    .option('--rename <old=new>', 'a database or a collection, under another name; may be repeated', repeated)
    .option('--users', 'users and roles too, where only a part is restored')
    .option('--no-users', 'no users and roles')
    .option('--overwrite', 'replace what the target holds under these names; without it nothing may be there')
    .option('--dry-run', 'only show what would be done')
    .option('--yes', 'do not ask')
    .option('--wait', 'end when the restore has ended');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options) => {
    const named = readSource(options);
    const api = await connect();
    const source = await findSource(api, named);
    const target = await findTarget(api, source, options);
    const body = { ...source.body, target_instance_id: target.id, ...target.part, overwrite: target.replaces };
    if (options.dryRun === true) {
      const preview = await api.previewRestore(body);
      renderer.result(preview, describePreview(preview));
      return;
    }
    if (target.replaces && options.yes !== true) {
      const lost = target.part.databases === undefined ? 'all data' : 'what has these names';
      await confirm(io, `This replaces ${lost} of instance ${target.name} with ${source.what}.`);
    }
    const { job_id } = await begin(api, source, target, body);
    const restored = source.backup === null ? 'Restored, replayed and compared' : 'Restored and compared with the backup';
    await finishJob(
      { io, renderer },
      api,
      { job_id },
      {
        what: 'Restore',
        wait: options.wait === true,
        ended: (job) => ({ text: `${restored}.\n\n${describeJob(job)}` }),
      },
    );
  });
}

interface Source {
  /** null for a point in time. */
  readonly backup: WireBackup | null;
  readonly instance: { readonly id: string; readonly name: string };
  readonly body: Pick<RestoreBody, 'backup_id' | 'instance_id' | 'at'>;
  /** As questions name it. */
  readonly what: string;
}

type NamedSource = { readonly backup: string } | { readonly instance: string; readonly at: string };

/** Wrong usage is known before anybody is asked. */
function readSource({ backup, instance, at }: Options): NamedSource {
  if (backup !== undefined && instance === undefined && at === undefined) return { backup };
  if (backup === undefined && instance !== undefined && at !== undefined) return { instance, at };
  throw usageError('Give either --backup, or --instance and --at.');
}

async function findSource(api: LarderApi, named: NamedSource): Promise<Source> {
  if ('backup' in named) {
    const backup = await findBackup(api, named.backup);
    const instance = { id: backup.instance_id, name: backup.instance_name };
    return { backup, instance, body: { backup_id: backup.id }, what: `that of backup ${backup.name}` };
  }
  const { at } = named;
  const instance = await findInstance(api, named.instance);
  return { backup: null, instance, body: { instance_id: instance.id, at }, what: `what ${instance.name} held at ${at}` };
}

interface Target {
  readonly id: string;
  readonly name: string;
  /** The DDS call has words for this: the whole backup to where it is from. */
  readonly original: boolean;
  readonly replaces: boolean;
  readonly part: Pick<RestoreBody, 'databases' | 'collections' | 'users'>;
}

async function findTarget(api: LarderApi, source: Source, options: Options): Promise<Target> {
  const parts = readParts(options);
  const part = { ...parts, ...(options.users === undefined ? {} : { users: options.users }) };
  const toOriginal = options.to === 'original';
  const { id, name } = toOriginal ? source.instance : await findInstance(api, options.to);
  // Whoever restores all of it means to replace; a part may meet something that nobody thought of.
  const replaces = options.overwrite === true || (toOriginal && parts === null);
  return { id, name, original: toOriginal && parts === null && options.users === undefined, replaces, part };
}

async function begin(
  api: LarderApi,
  { backup }: Source,
  target: Target,
  body: RestoreBody,
): Promise<{ readonly job_id: string }> {
  if (target.original && backup !== null) return api.restoreToOriginal(backup);
  try {
    return await api.restore(body);
  } catch (error) {
    // Without --overwrite this refusal has one meaning, and scripts want to tell it from a wrong command.
    if (target.replaces || !(error instanceof CommandError) || error.code !== 'DBS.200004') throw error;
    const message = `${target.name} holds data, which --overwrite would replace. The server said: ${error.message}`;
    throw new CommandError(error.code, exitCodes.conflict, message, { cause: error });
  }
}
