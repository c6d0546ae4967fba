import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';

/** What an import made. */
export interface WireImport {
  readonly backup_id: string;
  readonly collections: number;
  readonly documents: number;
  readonly bytes: number;
  readonly server_version: string;
  readonly notes: readonly string[];
}

export interface ArchivesApi {
  /** `GET /larder/v1/{project_id}/backups/{backup_id}/archive`. What breaks off is thrown as `archive-broken`. */
  exportBackup(
    id: string,
    options: { readonly gzip: boolean; readonly namespaces: readonly string[] },
  ): Promise<AsyncGenerator<Buffer, void, undefined>>;
  /** `POST /larder/v1/{project_id}/backups/import`. */
  importBackup(
    backup: { readonly name: string; readonly description: string },
    archive: AsyncIterable<Uint8Array>,
  ): Promise<WireImport>;
}

export function archivesApi(session: Session): ArchivesApi {
  const own = `/larder/v1/${session.projectId}/backups`;
  return {
    async exportBackup(id, { gzip, namespaces }) {
      const query = new URLSearchParams({ gzip: String(gzip) });
      for (const name of namespaces) query.append('ns', name);
      const path = `${own}/${encodeURIComponent(id)}/archive?${query.toString()}`;
      return whole(await session.stream({ method: 'GET', path }));
    },
    async importBackup({ name, description }, archive) {
      const query = new URLSearchParams({ name, ...(description === '' ? {} : { description }) });
      const answer = await session.stream({ method: 'POST', path: `${own}/import?${query.toString()}`, body: archive });
      return (await answer.json()) as WireImport;
    },
  };
}

async function* whole(answer: Response): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (answer.body === null) return;
    for await (const chunk of answer.body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  } catch (error) {
    const message = 'The archive broke off before its end: what was written of it is not whole. The log of the server says why.';
    throw new CommandError('archive-broken', exitCodes.failed, message, { cause: error });
  }
}
