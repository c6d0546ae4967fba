import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LarderError } from '../core/errors.ts';

/**
 * Keeps other processes out of a data folder for as long as it lives. The lock is one of the operating system, held on an
 * SQLite file: it goes with the process however that ends, so there is nothing stale to clear up, a process id used again
 * confuses nobody, and processes that cannot see each other (containers with the folder in common) respect it too.
 */
export class DataFolderLock implements Disposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Creates the folder where needed. `data-folder-locked` naming the holder's process id, or `invalid-setting` where the folder cannot be used. */
  static acquire(folder: string): DataFolderLock {
    const holderFile = join(folder, 'lock.pid');
    let database: DatabaseSync | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      database = new DatabaseSync(join(folder, 'lock'));
      // journal_mode=memory: no second file beside the lock, and nothing is ever written anyway.
      database.exec('pragma journal_mode = memory; begin exclusive');
      writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
      return new DataFolderLock(database);
    } catch (error) {
      database?.close();
      if (isBusy(error)) throw lockedBy(folder, readHolder(holderFile), error);
      throw new LarderError('invalid-setting', `The data folder ${folder} cannot be used: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Lets the next process in. Repeating it is harmless. */
  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** SQLITE_BUSY: somebody else holds the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function readHolder(holderFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(holderFile, 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : null;
  } catch {
    // The holder took the lock a moment ago and has not written its id yet.
    return null;
  }
}

function lockedBy(folder: string, pid: number | null, cause: unknown): LarderError {
  const who = pid === null ? 'another process' : `process ${pid}`;
  return new LarderError(
    'data-folder-locked',
    `The data folder ${folder} is in use by ${who}. Stop it, or choose another folder.`,
    {
      cause,
      details: pid === null ? { folder } : { folder, pid },
    },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
