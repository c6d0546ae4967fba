import { Type } from 'typebox';
import { baseUrl } from '../base-url.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { instanceParams } from './instance-call.ts';

const names = Type.Optional(
  Type.Unsafe<readonly string[] | null>({
    anyOf: [Type.Array(text, { maxItems: 100 }), { type: 'null' }],
    description: 'a list of at most 100 texts',
  }),
);

const shared = {
  tags: ['dds'],
  params: instanceParams,
  body: Type.Optional(
    Type.Unsafe<{ readonly file_name_list?: readonly string[] | null; readonly node_id_list?: readonly string[] | null } | null>(
      Type.Union([Type.Object({ file_name_list: names, node_id_list: names }), Type.Null()]),
    ),
  ),
  response: {
    200: Type.Object({
      list: Type.Array(
        Type.Object({
          node_name: Type.String(),
          file_name: Type.String(),
          status: Type.String(),
          file_size: Type.String({ description: 'bytes, while nothing is added' }),
          file_link: Type.String(),
          // The documentation has both names.
          update_at: Type.Integer(),
          updated_at: Type.Integer(),
        }),
      ),
      status: Type.String(),
      count: Type.Integer(),
    }),
    ...ddsErrors,
  },
} as const;

const calls = [
  {
    path: 'slowlog-download',
    kind: 'slow',
    operationId: 'createSlowLogLinks',
    summary:
      'Get links by which the slow operations in the logs of the servers can be downloaded for 15 minutes, without a token',
  },
  {
    path: 'errorlog-download',
    kind: 'error',
    operationId: 'createErrorLogLinks',
    summary:
      'Get links by which the warnings and errors in the logs of the servers can be downloaded for 15 minutes, without a token',
  },
] as const;

/** `POST /v3/{project_id}/instances/{instance_id}/slowlog-download` and `errorlog-download` */
export const logDownloads: Operation = (server, { instances }) => {
  for (const { path, kind, operationId, summary } of calls) {
    const url = `/v3/:project_id/instances/:instance_id/${path}`;
    const schema = { ...shared, operationId, summary };
    server.post(url, { schema, config: { access: 'project' } }, async (request) => {
      const caller = callerOf(request);
      const { file_name_list: fileNames, node_id_list: nodeIds } = request.body ?? {};
      const query = { kind, fileNames: fileNames ?? [], nodeIds: nodeIds ?? [] };
      const links = await instances.createLogLinks(caller, request.params.instance_id, query);
      const folder = `${baseUrl(request)}/larder/v1/${caller.projectId}/server-logs`;
      const list = links.map(({ nodeName, fileName, bytes, token, made }) => ({
        node_name: nodeName,
        file_name: fileName,
        status: 'SUCCESS',
        file_size: String(bytes),
        file_link: `${folder}/${fileName}?token=${encodeURIComponent(token)}`,
        update_at: made.getTime(),
        updated_at: made.getTime(),
      }));
      return { list, status: 'FINISH', count: list.length };
    });
  }
};
