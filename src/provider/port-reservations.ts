import { chmod, link, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';

/** An instance that was ordered begins to be made within this, milliseconds. */
const orderMs = 600_000;
/** So often somebody else may be quicker at the same port. */
const tries = 5;

interface Reservation {
  /** Where the instances of that Larder are. */
  readonly owner: string;
  /** null: it was ordered, and its folder is still to come. */
  readonly instanceId: string | null;
  readonly at: string;
  readonly mark: string;
}

/** Which ports the Larders of one machine have given to their instances, whether those run at this moment or not. */
export interface PortReservations {
  /** Gives the port to this Larder, unless it is another one's; says whether it has it now. Repeating it is harmless. */
  reserve(port: number, instanceId: string | null): Promise<boolean>;
  /** Where the instances of the other Larder are that has the port; null if none has. */
  ownerElsewhere(port: number): Promise<string | null>;
}

/**
 * Reservations in a folder that all Larders of the machine share, one file for each port. One is of no account once the data of its instance, or
 * the data folder of its Larder, is gone; so nothing needs to be given back. Without a folder that can be written nothing is reserved, and every port may be had.
 */
export function portReservations(folder: string, owner: string, clock: Clock): PortReservations {
  const fileOf = (port: number): string => join(folder, String(port));

  const read = (port: number): Promise<Reservation | null> => readReservation(fileOf(port));
  const counts = async ({ owner: theirs, instanceId, at }: Reservation): Promise<boolean> => {
    if (!(await mayExist(theirs))) return false;
    if (instanceId !== null) return mayExist(join(theirs, instanceId));
    return Math.abs(clock.now().getTime() - Date.parse(at)) < orderMs;
  };
  const ownerElsewhere = async (port: number): Promise<string | null> => {
    const found = await read(port);
    return found !== null && found.owner !== owner && (await counts(found)) ? found.owner : null;
  };

  /**
   * Puts the draft in the place of what counts no more, which is never missing meanwhile: only whoever holds the file beside it, one for each
   * such reservation, may, and only while it is still the same. `EEXIST` if somebody else was quicker, or was killed at it: then nobody gets the port.
   */
  const replace = async (port: number, old: Reservation, draft: string): Promise<boolean> => {
    const held = join(folder, `${port}.after.${old.mark}`);
    await link(draft, held);
    try {
      if ((await read(port))?.mark !== old.mark) return false;
      await rename(draft, fileOf(port));
      return true;
    } finally {
      await unlink(held).catch(() => undefined);
    }
  };
  /** null: somebody else was quicker, and has to be looked at. */
  const attempt = async (port: number, instanceId: string | null): Promise<boolean | null> => {
    const found = await read(port);
    const counting = found !== null && (await counts(found));
    if (counting && found.owner !== owner) return false;
    if (counting && found.instanceId === instanceId) return true;
    const mine: Reservation = { owner, instanceId, at: clock.now().toISOString(), mark: randomUUID() };
    const draft = join(folder, `${port}.${mine.mark}`);
    await writeFile(draft, JSON.stringify(mine), { mode: 0o644 });
    try {
      if (counting) {
        // Nobody else touches what counts and is ours.
        await rename(draft, fileOf(port));
        return true;
      }
      if (found !== null) return (await replace(port, found, draft)) || null;
      await link(draft, fileOf(port));
      return true;
    } catch (error) {
      throwUnless(error, 'EEXIST');
      return null;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  };

  return {
    ownerElsewhere,
    async reserve(port, instanceId) {
      try {
        // Other users of the machine may have Larders too.
        if ((await mkdir(folder, { recursive: true })) !== undefined) await chmod(folder, 0o1777);
        for (let left = tries; left > 0; left -= 1) {
          const had = await attempt(port, instanceId);
          if (had !== null) return had;
        }
        return false;
      } catch {
        return true;
      }
    },
  };
}

function throwUnless(error: unknown, code: string): void {
  if ((error as NodeJS.ErrnoException).code !== code) throw error;
}

async function readReservation(file: string): Promise<Reservation | null> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<Reservation> | null;
    return typeof value?.owner === 'string' && typeof value.at === 'string' ? (value as Reservation) : null;
  } catch {
    return null;
  }
}

/** False only if it is surely not there. */
async function mayExist(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
