import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { LarderError, type ErrorCode } from '../core/errors.ts';
import { readOpenFiles } from '../mongo/open-files.ts';

/** Longer than servers keep files open that nobody uses: ten minutes, and until their next checkpoint. Milliseconds. */
const usualPatience = 20 * 60_000;
/** Milliseconds between two looks while there is no room. */
const lookInterval = 2_000;
/** How room is waited for. */
export interface MakeRoom {
  readonly signal: AbortSignal;
  /** Told when a wait begins, and when it is over. */
  readonly onWait?: (waits: boolean) => void;
}

/** The share of the room that is used before the server is asked again: others open files too. */
const unaskedShare = 0.1;

export interface FileRoomOptions {
  readonly client: MongoClient;
  /** Of the error where no room comes to be. */
  readonly code: ErrorCode;
  /** The server, as the error calls it. */
  readonly server: string;
  /** How long room is waited for, milliseconds. */
  readonly patience?: number;
}

/**
 * Keeps a server from being made to open more files than its system lets it: refused one more, a mongod ends itself at once. Each
 * collection that is used, and each of its indexes, is a file, which a server closes some time after it was used last. Where the server
 * does not tell its limit there always is room.
 */
export class FileRoom {
  readonly #options: FileRoomOptions;
  /** Files that may be opened before the server is asked again. */
  #left = 0;

  constructor(options: FileRoomOptions) {
    this.#options = options;
  }

  /**
   * Resolves when so many files more may be opened. Fails, retryable, where that does not come to be, with what is to be done;
   * server errors pass through.
   */
  async make(files: number, options: MakeRoom): Promise<void> {
    if (this.#left < files) await this.#wait(files, options);
    this.#left -= files;
  }

  async #wait(files: number, { signal, onWait }: MakeRoom): Promise<void> {
    const { client, patience = usualPatience } = this.#options;
    let deadline: AbortSignal | null = null;
    for (;;) {
      const state = await readOpenFiles(client, signal);
      if (state === null || state.most - state.open >= files) {
        if (deadline !== null) onWait?.(false);
        this.#left = state === null ? Infinity : Math.max(files, Math.floor((state.most - state.open) * unaskedShare));
        return;
      }
      if (deadline === null) onWait?.(true);
      deadline ??= AbortSignal.timeout(patience);
      if (deadline.aborted) throw this.#noRoom(state.open, state.most);
      await delay(Math.min(lookInterval, patience), undefined, { signal });
    }
  }

  #noRoom(open: number, most: number): LarderError {
    const { code, server } = this.#options;
    return new LarderError(
      code,
      `${server} has ${open} files open and may open no more than ${most} beside its connections: one more and it would end itself. Start it with a higher limit of open files (ulimit -n, LimitNOFILE of systemd), 64000 or more, and try again.`,
      { retryable: true },
    );
  }
}
