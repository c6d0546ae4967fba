import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, projectParams } from '../fields.ts';
import { archiveHead, archiveResponse, archiveSender } from '../send-archive.ts';

const schema = {
  operationId: 'downloadArchive',
  summary: 'Download a backup by its link',
  tags: ['larder'],
  security: [],
  params: Type.Object({ ...projectParams.properties, file: Type.String({ description: 'the name of the file of a link' }) }),
  querystring: Type.Object({ token: Type.Optional(Type.String()) }),
  response: { 200: archiveResponse, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/downloads/{backup_id}.archive.gz?token=...`: the link of `listDownloadLinks`, which needs nothing else. */
export const downloadArchive: Operation = (server, { archives }) => {
  const send = archiveSender(server);
  server.get('/larder/v1/:project_id/downloads/:file', { schema, config: { access: 'open' } }, async (request, reply) => {
    const { project_id: projectId, file } = request.params;
    const backupId = /^([0-9a-z]{1,64})\.archive\.gz$/.exec(file)?.[1];
    if (backupId === undefined) throw new LarderError('route-not-found', '');
    const linked = { projectId, backupId };
    const token = request.query.token ?? '';
    // Asked for the head alone, Fastify would make all of the archive and throw it away.
    if (request.method === 'HEAD') {
      await archives.checkLink(linked, token);
      return archiveHead(reply, file).send();
    }
    return send(reply, await archives.download(linked, token), file);
  });
};
