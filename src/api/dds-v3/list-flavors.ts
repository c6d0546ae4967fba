import { Type } from 'typebox';
import { zoneOf } from '../../core/availability-zone.ts';
import { flavors } from '../../core/flavors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, pageFields, pageOf, projectParams, text } from '../fields.ts';

const flavorSchema = Type.Object({
  engine_name: Type.String(),
  type: Type.String(),
  vcpus: Type.String({ pattern: '^\\d+$' }),
  ram: Type.String({ pattern: '^\\d+$', description: 'GB' }),
  spec_code: Type.String(),
  engine_versions: Type.Array(Type.String()),
  az_status: Type.Record(Type.String(), Type.String()),
});

const schema = {
  summary: 'List flavors',
  tags: ['dds'],
  params: projectParams,
  querystring: Type.Object({
    engine_name: Type.Optional(text),
    engine_version: Type.Optional(text),
    region: Type.Optional(text),
    ...pageFields,
    marker: Type.Optional(text),
  }),
  response: { 200: Type.Object({ flavors: Type.Array(flavorSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** `GET /v3/{project_id}/flavors`, and the same under `/v3.1`. A marker is the code of the last flavor of the page before. */
export const listFlavors: Operation = (server, { instances, region }) => {
  for (const [url, operationId] of [
    ['/v3/:project_id/flavors', 'listFlavors'],
    ['/v3.1/:project_id/flavors', 'listFlavorInfos'],
  ] as const) {
    server.get(url, { schema: { ...schema, operationId }, config: { access: 'project' } }, async (request) => {
      const { engine_name: engine, engine_version: version, marker } = request.query;
      // Those of which an instance can be created: a version read here is one to order.
      const versions = await instances.versions();
      const matching = flavors.filter(
        (flavor) =>
          (engine === undefined || flavor.engineName === engine) && (version === undefined || versions.includes(version)),
      );
      const before = marker === undefined ? -1 : matching.findIndex(({ specCode }) => specCode === marker);
      const rest = marker !== undefined && before < 0 ? [] : matching.slice(before + 1);
      const { offset, limit } = pageOf(request.query);
      return {
        flavors: rest.slice(offset, offset + limit).map((flavor) => ({
          engine_name: flavor.engineName,
          type: flavor.type,
          vcpus: String(flavor.vcpus),
          ram: String(flavor.ramGb),
          spec_code: flavor.specCode,
          engine_versions: [...versions],
          az_status: { [zoneOf(region)]: 'normal' },
        })),
        total_count: matching.length,
      };
    });
  }
};
