import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import type { Input } from '../command-io.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Register } from '../register.ts';

interface Options {
  readonly name: string;
  readonly description?: string;
}

/** `larder backup import`: a backup out of a mongodump archive. */
export function addBackupImport(backup: Command, register: Register): void {
  const command = backup
    .command('import')
    .description('make a backup out of the archive of a mongodump')
    .argument('<file>', 'made by mongodump --archive, with --gzip or without; - for standard input')
    .requiredOption('--name <name>', 'unique in the project; 4 to 64 letters, digits, - and _, beginning with a letter')
    .option('--description <text>', 'at most 256 characters, none of > ! < " & \' =');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options, [file = '']) => {
    const archive = file === '-' ? bytesOf(io.stdin) : await open(resolve(io.folder, file));
    const api = await connect();
    const made = await api.archives.importBackup({ name: options.name, description: options.description ?? '' }, archive);
    const { backup_id: id, collections, documents, server_version: version } = made;
    const lines = [`Backup ${id}: ${documents} documents of ${collections} collections of a server ${version}.`, ...made.notes];
    renderer.result(made, lines.join('\n'));
  });
}

async function open(path: string): Promise<AsyncIterable<Uint8Array>> {
  await access(path).catch((error: unknown) => {
    throw new CommandError('file-not-found', exitCodes.usage, `There is no file ${path}.`, { cause: error });
  });
  return createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>;
}

async function* bytesOf(input: Input): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of input) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}
