import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { backupId, ddsErrors, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { archiveOrPlainResponse, archiveSender } from '../send-archive.ts';

const schema = {
  operationId: 'exportBackup',
  summary: 'Get a backup, or some collections of it, as a mongodump archive',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, backup_id: backupId }),
  querystring: Type.Object({
    gzip: Type.Optional(
      Type.Union([Type.Literal('true'), Type.Literal('false')], { description: 'true (unless given) or false' }),
    ),
    ns: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })], {
        description: 'a collection like db.collection; may be given several times',
      }),
    ),
  }),
  response: { 200: archiveOrPlainResponse, ...ddsErrors },
} as const;

/** `GET /larder/v1/{project_id}/backups/{backup_id}/archive` */
export const exportBackup: Operation = (server, { archives }) => {
  const send = archiveSender(server);
  const route = { schema, config: { access: 'project' }, exposeHeadRoute: false } as const;
  server.get('/larder/v1/:project_id/backups/:backup_id/archive', route, async (request, reply) => {
    const { backup_id: id } = request.params;
    const { gzip = 'true', ns = [] } = request.query;
    const wanted = { backupId: id, namespaces: [ns].flat(), gzip: gzip === 'true' };
    const archive = await archives.exportBackup(callerOf(request), wanted);
    return send(reply, archive, `${id}.archive${wanted.gzip ? '.gz' : ''}`);
  });
};
