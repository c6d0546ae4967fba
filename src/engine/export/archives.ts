/** Backups on their way out of and into Larder as mongodump archives. */
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { LarderError } from '../../core/errors.ts';
import { openPipeWriter, PipeClosed, readPipe } from '../../lib/message-pipe.ts';
import type { JobDeps } from '../engine-deps.ts';
import { findBackup } from '../find-backup.ts';
import { importBackup, type ImportedBackup, type ImportRequest } from '../import/import-backup.ts';
import { refuseUnlessRestorable } from '../refuse-unless-restorable.ts';
import type { Task, TaskResults } from '../tasks.ts';
import type { Caller } from '../use-cases.ts';
import { checkLink, sealLink, type Linked } from './download-link.ts';

/** Exports and imports at the same time, on one server: each has a thread, and compressing takes a processor. */
const mostAtOnce = 4;

export interface DownloadLink {
  readonly fileName: string;
  /** Raw bytes of the documents; the file is compressed, and normally smaller. */
  readonly sizeBytes: number;
  readonly token: string;
  readonly expires: Date;
}

export interface ExportRequest {
  readonly backupId: string;
  /** `db.collection`; none: all of it. */
  readonly namespaces: readonly string[];
  readonly gzip: boolean;
}

export interface Archives {
  /** backup-not-found (also where it is not of the instance), backup-not-restorable. */
  createLink(caller: Caller, backup: { readonly instanceId: string; readonly backupId: string }): Promise<DownloadLink>;
  /** Whether the link leads to something: forbidden, backup-not-found, backup-not-restorable. */
  checkLink(linked: Linked, token: string): Promise<void>;
  /** What the link leads to, compressed. Errors as `checkLink` and `exportBackup`. */
  download(linked: Linked, token: string): Promise<Readable>;
  /**
   * The backup as an archive. What keeps it from beginning is thrown: backup-not-found, backup-not-restorable, invalid-selection,
   * rate-limited, object-corrupt, store-unavailable. What goes wrong later destroys the stream, which ends only behind a whole archive.
   * Destroying it frees everything.
   */
  exportBackup(caller: Pick<Caller, 'projectId'>, request: ExportRequest): Promise<Readable>;
  /**
   * Takes an archive, compressed or not, to its end and makes a backup of it; until then nothing is listed. invalid-backup-name,
   * invalid-backup-description, backup-name-taken, invalid-archive, rate-limited, cancelled (the signal, or the input failed).
   */
  importBackup(
    caller: Caller,
    request: ImportRequest,
    input: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ImportedBackup>;
}

/** Archives over what they stand on. `toolVersion` is said to have made them. */
export function createArchives(deps: JobDeps, toolVersion: string): Archives {
  let running = 0;
  const takePlace = (): void => {
    if (running >= mostAtOnce) {
      throw new LarderError('rate-limited', `${mostAtOnce} archives are on their way already. Try again later.`, {
        retryable: true,
      });
    }
    running++;
  };
  const leavePlace = (): void => void running--;

  const exportBackup: Archives['exportBackup'] = async ({ projectId }, { backupId, namespaces, gzip }) => {
    refuseUnlessRestorable((await findBackup(deps.catalog.db, projectId, backupId)).status);
    takePlace();
    const { port1, port2 } = new MessageChannel();
    const stopping = new AbortController();
    const task = {
      kind: 'export',
      repository: deps.repositoryConnection,
      projectId,
      backupId,
      namespaces,
      gzip,
      toolVersion,
      pipe: port2,
    } as const;
    const done = deps.runTask<'export'>(task, { signal: stopping.signal, report: () => undefined }).finally(leavePlace);
    // A thread that fails before it opened its end leaves the pipe open.
    done.catch(() => port1.close());
    return begun(piped(readPipe(port1), done, stopping), stopping);
  };

  const checkedLink: Archives['checkLink'] = async (linked, token) => {
    checkLink(deps, linked, token);
    refuseUnlessRestorable((await findBackup(deps.catalog.db, linked.projectId, linked.backupId)).status);
  };

  return {
    async createLink({ projectId }, { instanceId, backupId }) {
      const row = await findBackup(deps.catalog.db, projectId, backupId);
      if (row.instance_id !== instanceId) throw new LarderError('backup-not-found', 'The instance has no such backup.');
      refuseUnlessRestorable(row.status);
      return {
        fileName: `${backupId}.archive.gz`,
        sizeBytes: row.size_bytes,
        ...sealLink(deps, { projectId, backupId }),
      };
    },
    checkLink: checkedLink,
    async download(linked, token) {
      checkLink(deps, linked, token);
      return exportBackup(linked, { backupId: linked.backupId, namespaces: [], gzip: true });
    },
    exportBackup,
    async importBackup(caller, request, input, signal) {
      const store = async (task: Omit<Extract<Task, { kind: 'import' }>, 'pipe'>): Promise<TaskResults['import']> => {
        takePlace();
        const { port1, port2 } = new MessageChannel();
        const stopping = new AbortController();
        const either = AbortSignal.any([signal, stopping.signal]);
        const done = deps
          .runTask<'import'>({ ...task, pipe: port2 }, { signal: either, report: () => undefined })
          .finally(leavePlace);
        return feed(input, port1, done, stopping);
      };
      return importBackup(deps, caller, request, store);
    },
  };
}

/** The bytes of a pipe, and at its end what the thread says of them. */
async function* piped(
  pipe: AsyncIterable<Buffer>,
  done: Promise<unknown>,
  stopping: AbortController,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* pipe;
    await done;
  } catch (error) {
    // Why the pipe broke is what the thread says.
    if (error instanceof PipeClosed) await done;
    throw error;
  } finally {
    stopping.abort();
  }
}

/** A stream whose first piece is there: what keeps an archive from beginning is thrown, and can be answered with. */
async function begun(pieces: AsyncGenerator<Buffer, void, undefined>, stopping: AbortController): Promise<Readable> {
  const first = await pieces.next();
  const stream = Readable.from(
    (async function* () {
      if (first.done !== true) yield first.value;
      yield* pieces;
    })(),
    { objectMode: false, highWaterMark: 256 * 1024 },
  );
  // A generator that waits cannot be told to return.
  stream.once('close', () => stopping.abort());
  return stream;
}

/** Puts the input into the pipe and gives what the thread makes of it. */
async function feed<T>(
  input: AsyncIterable<Uint8Array>,
  port: Parameters<typeof openPipeWriter>[0],
  done: Promise<T>,
  stopping: AbortController,
): Promise<T> {
  const pipe = openPipeWriter(port);
  done.catch(() => pipe.close());
  try {
    for await (const chunk of input) await pipe.write(chunk);
    pipe.end();
  } catch (error) {
    // The thread has enough, or it has failed: then it says why. Else the input has, and the thread must not wait for more.
    if (!(error instanceof PipeClosed)) stopping.abort(error);
  }
  try {
    return await done;
  } finally {
    pipe.close();
  }
}
