import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import { baseUrl } from '../base-url.ts';
import { ddsErrors, instanceId, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { formatOffsetTime } from '../times.ts';

/** There are no buckets; clients want the field. */
const bucket = 'larder';

const schema = {
  operationId: 'listDownloadLinks',
  summary: 'Get a link by which a backup can be downloaded for 15 minutes, without a token, as a compressed mongodump archive',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    instance_id: instanceId,
    backup_id: Type.String({ ...text, description: 'the id of a backup' }),
  }),
  response: {
    200: Type.Object({
      files: Type.Array(
        Type.Object({
          name: Type.String(),
          size: Type.Integer({ description: 'KB of the documents; the file is compressed, and normally smaller' }),
          download_link: Type.String(),
          link_expired_time: Type.String(),
        }),
        { minItems: 1, maxItems: 1 },
      ),
      bucket: Type.String(),
    }),
    ...ddsErrors,
  },
} as const;

/** `GET /v3/{project_id}/backups/download-file` */
export const listDownloadLinks: Operation = (server, { archives }) => {
  server.get('/v3/:project_id/backups/download-file', { schema, config: { access: 'project' } }, async (request) => {
    const caller = callerOf(request);
    const { instance_id: ofInstance, backup_id: backupId } = request.query;
    const { fileName, sizeBytes, token, expires } = await archives.createLink(caller, { instanceId: ofInstance, backupId });
    const link = `${baseUrl(request)}/larder/v1/${caller.projectId}/downloads/${fileName}?token=${encodeURIComponent(token)}`;
    return {
      files: [
        {
          name: fileName,
          size: Math.ceil(sizeBytes / 1024),
          download_link: link,
          link_expired_time: formatOffsetTime(expires),
        },
      ],
      bucket,
    };
  });
};
