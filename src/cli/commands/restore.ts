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
import { requireCompleted, waitForJob } from '../wait-for-job.ts';
import type { WireBackup } from '../wire.ts';

interface Options extends PartOptions {
  readonly backup: string;
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
    .description('make an instance hold what a backup, or a part of it, holds')
    .requiredOption('--backup <backup>', 'id or name')
    .requiredOption(
      '--to <target>',
      '`original` (the instance that was backed up; all its data is replaced), or an instance, id or name',
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
    const api = await connect();
    const backup = await findBackup(api, options.backup);
    const target = await findTarget(api, backup, options);
    const body = { backup_id: backup.id, target_instance_id: target.id, ...target.part, overwrite: target.replaces };
    if (options.dryRun === true) {
      const preview = await api.previewRestore(body);
      renderer.result(preview, describePreview(preview));
      return;
    }
    if (target.replaces && options.yes !== true) {
      const lost = target.part.databases === undefined ? 'all data' : 'what has these names';
      await confirm(io, `This replaces ${lost} of instance ${target.name} with that of backup ${backup.name}.`);
    }
    const { job_id } = await begin(api, backup, target, body);
    if (options.wait !== true) {
      renderer.result({ job_id }, `Restore begun, job ${job_id}.`);
      return;
    }
    renderer.note(`Restore begun, job ${job_id}.`);
    const job = await waitForJob(api, job_id, { signal: io.signal, renderer });
    requireCompleted(job);
    renderer.result({ job_id, job }, `Restored and compared with the backup.\n\n${describeJob(job)}`);
  });
}

interface Target {
  readonly id: string;
  readonly name: string;
  /** The DDS call has words for this: the whole backup to where it is from. */
  readonly original: boolean;
  readonly replaces: boolean;
  readonly part: Pick<RestoreBody, 'databases' | 'collections' | 'users'>;
}

async function findTarget(api: LarderApi, backup: WireBackup, options: Options): Promise<Target> {
  const parts = readParts(options);
  const part = { ...parts, ...(options.users === undefined ? {} : { users: options.users }) };
  const toOriginal = options.to === 'original';
  const { id, name } = toOriginal ? { id: backup.instance_id, name: backup.instance_name } : await findInstance(api, options.to);
  // Whoever restores all of it means to replace; a part may meet something that nobody thought of.
  const replaces = options.overwrite === true || (toOriginal && parts === null);
  return { id, name, original: toOriginal && parts === null && options.users === undefined, replaces, part };
}

async function begin(
  api: LarderApi,
  backup: WireBackup,
  target: Target,
  body: RestoreBody,
): Promise<{ readonly job_id: string }> {
  if (target.original) return api.restoreToOriginal(backup);
  try {
    return await api.restore(body);
  } catch (error) {
    // Without --overwrite this refusal has one meaning, and scripts want to tell it from a wrong command.
    if (target.replaces || !(error instanceof CommandError) || error.code !== 'DBS.200004') throw error;
    const message = `${target.name} holds data, which --overwrite would replace. The server said: ${error.message}`;
    throw new CommandError(error.code, exitCodes.conflict, message, { cause: error });
  }
}
