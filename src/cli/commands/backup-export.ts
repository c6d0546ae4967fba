import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { makeEmptyFolder, refuseExisting, writeWhole } from '../archive/new-file.ts';
import { unpackTo, unpackToFolder } from '../archive/unpack-archive.ts';
import { writeToOutput } from '../archive/write-to-output.ts';
import { withServerOptions } from '../command-context.ts';
import type { CommandContext } from '../command-context.ts';
import { findBackup } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import type { Command } from 'commander';
import { usageError } from '../usage-error.ts';

const formats = ['archive', 'bson', 'jsonl'] as const;
type Format = (typeof formats)[number];

interface Options {
  readonly backup: string;
  readonly format: string;
  readonly gzip?: true;
  readonly ns?: readonly string[];
  readonly out?: string;
  readonly local?: true;
}

/** `larder backup export`: a backup as a mongodump archive, as a folder of mongodump's, or as lines of JSON. */
export function addBackupExport(backup: Command, register: Register): void {
  const command = backup
    .command('export')
    .description('write a backup to files that mongorestore, or anybody else, can read')
    .requiredOption('--backup <backup>', 'id or name')
    .option(
      '--format <format>',
      `${formats.join(', ')}: one file, a folder of mongodump, or canonical Extended JSON by lines`,
      'archive',
    )
    .option('--gzip', 'compress')
    .option('--ns <db.collection...>', 'only these collections')
    .option('--local', 'read the repository of the local settings, without a server')
    .option('--out <path>', 'file (archive), folder (bson, jsonl; of one collection also a file) or - for standard output');
  register<Options>(withServerOptions(command), async (context, options) => {
    const format = formatOf(options.format);
    const namespaces = options.ns ?? [];
    const gzip = options.gzip === true;
    const toPipe = options.out === '-';
    if (toPipe && (format === 'bson' || (format === 'jsonl' && namespaces.length !== 1)))
      throw usageError(`--out - takes an archive, or the lines of one collection (--format jsonl --ns DB.COLLECTION).`);
    if (toPipe && format === 'jsonl' && gzip) throw usageError('--gzip is for files.');
    await using source = options.local === true ? await openLocal(context, options) : await openRemote(context, options);
    const { id, name } = source;
    const path = resolve(context.io.folder, options.out ?? (format === 'archive' ? `${name}.archive${gzip ? '.gz' : ''}` : name));
    if (!toPipe) await (format === 'archive' ? refuseExisting(path) : makeEmptyFolder(path));
    // Files are made here, out of the archive as it is.
    const archive = await source.archive(format === 'archive' && gzip);
    const { stdout } = context.io;
    if (format === 'archive') {
      await (toPipe ? writeToOutput(stdout, archive) : writeWhole(path, archive));
      return done(context, toPipe, { backup_id: id, path });
    }
    const unpacked = toPipe
      ? await unpackTo(archive, (pieces) => writeToOutput(stdout, pieces), 'jsonl')
      : await unpackToFolder(archive, path, { format, gzip });
    done(context, toPipe, { backup_id: id, path, ...unpacked });
  });
}

/** A backup that was found. */
interface Source extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  archive(gzip: boolean): Promise<AsyncIterable<Buffer>>;
}

async function openRemote(context: CommandContext, { backup, ns = [] }: Options): Promise<Source> {
  const api = await context.api();
  const { id, name } = await findBackup(api, backup);
  return {
    id,
    name,
    archive: (gzip) => api.archives.exportBackup(id, { gzip, namespaces: ns }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function openLocal({ io, local }: CommandContext, { backup, ns = [] }: Options): Promise<Source> {
  const opened = await io.repository.exportBackup({ ...local, backup, namespaces: ns });
  return {
    id: opened.id,
    name: opened.name,
    archive: async (gzip) => (gzip ? compressed(opened.archive) : opened.archive),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

function compressed(archive: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return Readable.from(archive, { objectMode: false }).compose(createGzip()) as AsyncIterable<Buffer>;
}

function done({ renderer }: CommandContext, toPipe: boolean, made: { readonly backup_id: string; readonly path: string }): void {
  if (toPipe) renderer.note(`Backup ${made.backup_id} was written, whole.`);
  else renderer.result(made, `Backup ${made.backup_id} is in ${made.path}.`);
}

function formatOf(text: string): Format {
  const format = formats.find((one) => one === text);
  if (format === undefined) throw usageError(`--format is one of ${formats.join(', ')}.`);
  return format;
}
