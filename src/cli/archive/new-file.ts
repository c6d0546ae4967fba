import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** Throws `file-exists` if there is something of that name. */
export async function refuseExisting(path: string): Promise<void> {
  const found = await access(path).then(
    () => true,
    () => false,
  );
  if (found) throw new CommandError('file-exists', exitCodes.conflict, `${path} exists already; nothing was written.`);
}

/** Makes the folder; `file-exists` if it is there and holds anything. */
export async function makeEmptyFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  if ((await readdir(path)).length > 0)
    throw new CommandError('file-exists', exitCodes.conflict, `${path} is not empty; nothing was written.`);
}

/** Writes a file that has its name only once all of it is there. */
export async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>, gzip = false): Promise<void> {
  await refuseExisting(path);
  // The name itself may be as long as a name can be.
  const unfinished = join(dirname(path), `.larder-${randomUUID()}.part`);
  const file = createWriteStream(unfinished);
  try {
    await (gzip ? pipeline(pieces, createGzip(), file) : pipeline(pieces, file));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
