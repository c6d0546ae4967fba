import { Readable } from 'node:stream';
import { LarderError } from '../../src/core/errors.ts';
import type { Archives } from '../../src/engine/export/archives.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { instanceId } from './fake-facts.ts';

/** Archives in memory, of the backups that there are. */
export function createFakeArchives(
  clock: Clock,
  calls: { readonly name: string; readonly request: unknown }[],
  backups: readonly { readonly id: string }[],
): Archives {
  const archives: Archives = {
    async createLink(caller, { instanceId: of, backupId }) {
      calls.push({ name: 'createLink', request: { caller, instanceId: of, backupId } });
      if (of !== instanceId || !backups.some(({ id }) => id === backupId))
        throw new LarderError('backup-not-found', 'There is no such backup.');
      const expires = new Date(clock.now().getTime() + 900_000);
      return { fileName: `${backupId}.archive.gz`, sizeBytes: 1025, token: 'good+/&', expires };
    },
    async checkLink(_linked, token) {
      if (token !== 'good+/&') throw new LarderError('forbidden', 'The link was altered.');
    },
    async download(linked, token) {
      await archives.checkLink(linked, token);
      return Readable.from([Buffer.from('archive')]);
    },
    async exportBackup(caller, request) {
      calls.push({ name: 'exportBackup', request: { caller, ...request } });
      if (!backups.some(({ id }) => id === request.backupId))
        throw new LarderError('backup-not-found', 'There is no such backup.');
      return Readable.from([Buffer.from('archive')]);
    },
    async importBackup(caller, request, input) {
      const bytes = (await Array.fromAsync(input)).reduce((sum, { length }) => sum + length, 0);
      calls.push({ name: 'importBackup', request: { caller, ...request, bytes } });
      if (bytes === 0) throw new LarderError('invalid-archive', 'The archive cannot be read.');
      return {
        backupId: `${'1'.repeat(32)}br02`,
        collections: 1,
        documents: 2,
        bytes,
        serverVersion: '6.0.5',
        notes: ['imported'],
      };
    },
  };
  return archives;
}
