import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { LarderError } from '../core/errors.ts';

/** How to log in to a server whose data folder one can read. */
export interface Credentials {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  readonly project_name: string;
  readonly project_id: string;
  readonly region: string;
}

/** Writes `credentials.json` whole and durably, readable by its owner only; returns its path. `invalid-setting` if the folder cannot be written. */
export async function writeCredentials(dataFolder: string, credentials: Credentials): Promise<string> {
  const path = join(dataFolder, 'credentials.json');
  const unfinished = `${path}.new`;
  try {
    const file = await open(unfinished, 'w', 0o600);
    try {
      // The mode above is for a new file only; one left over by a crash may have another.
      await file.chmod(0o600);
      await file.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
    return path;
  } catch (error) {
    throw new LarderError('invalid-setting', `The data folder ${dataFolder} cannot be written to.`, { cause: error });
  }
}
