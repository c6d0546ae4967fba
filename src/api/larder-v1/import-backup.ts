import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { TransportError } from '../errors.ts';
import { backupDescription, backupName, ddsErrors, projectParams } from '../fields.ts';
import { callerOf, principalOf } from '../principal.ts';
import { idleLimit } from '../send-archive.ts';

const schema = {
  operationId: 'importBackup',
  summary: 'Make a backup out of a mongodump archive',
  description: 'The body is the archive, compressed with gzip or not. The answer comes when all of it is stored.',
  tags: ['larder'],
  consumes: ['application/octet-stream'],
  params: projectParams,
  querystring: Type.Object({ name: backupName, description: Type.Optional(backupDescription) }),
  response: {
    201: Type.Object({
      backup_id: Type.String(),
      collections: Type.Integer(),
      documents: Type.Integer(),
      bytes: Type.Integer(),
      server_version: Type.String(),
      notes: Type.Array(Type.String()),
    }),
    ...ddsErrors,
  },
} as const;

/** `POST /larder/v1/{project_id}/backups/import` */
export const importBackup: Operation = async (server, { archives }) => {
  // In a context of its own, because everywhere else a body is short and JSON.
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/octet-stream', (_request, _body, done) => done(null));
    scope.addContentTypeParser('*', (_request, _body, done) =>
      done(new TransportError('unsupported-media-type', 'Content-Type must be application/octet-stream.')),
    );
    const route = { schema, config: { access: 'project', longBody: true } } as const;
    scope.post('/larder/v1/:project_id/backups/import', route, async (request, reply) => {
      if (principalOf(request).token === null)
        throw new LarderError('unauthenticated', 'A signature does not cover an archive: send a token in X-Auth-Token.');
      const { name, description = '' } = request.query as { readonly name: string; readonly description?: string };
      const { raw } = request;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      reply.raw.setTimeout(idleLimit, () => raw.destroy());
      // Destroyed with what reads it, it would take the answer along.
      const body: AsyncIterable<Uint8Array> = raw.iterator({ destroyOnReturn: false });
      const made = await archives.importBackup(callerOf(request), { name, description }, body, gone.signal);
      return reply.code(201).send({
        backup_id: made.backupId,
        collections: made.collections,
        documents: made.documents,
        bytes: made.bytes,
        server_version: made.serverVersion,
        notes: [...made.notes],
      });
    });
  });
};
