import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, pageFields, pageOf, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { formatOffsetTime } from '../times.ts';
import {
  changeJson,
  changeSchema,
  configurationParams,
  pageQuery,
  parametersJson,
  parametersSchema,
} from './configuration-json.ts';
import { instanceParams, ruled } from './instance-call.ts';

const tags = ['dds'];
const entityId = Type.Optional(text);

const applySchema = {
  operationId: 'applyConfiguration',
  summary: 'Give instances the values of a parameter template',
  tags,
  params: configurationParams,
  body: Type.Object({ entity_ids: Type.Array(text, { maxItems: 100, description: 'a list of ids of instances, at most 100' }) }),
  response: { 200: Type.Object({ job_id: Type.String() }), ...ddsErrors },
} as const;

const applicableSchema = {
  operationId: 'listApplicableInstances',
  summary: 'List the instances that a parameter template can be applied to',
  tags,
  params: configurationParams,
  querystring: pageQuery,
  response: {
    200: Type.Object({
      instances: Type.Array(Type.Object({ instance_id: Type.String(), instance_name: Type.String() })),
      total_count: Type.Integer(),
    }),
    ...ddsErrors,
  },
} as const;

const changesSchema = {
  operationId: 'listConfigurationChanges',
  summary: 'List what was changed in a parameter template, newest first',
  tags,
  params: configurationParams,
  querystring: pageQuery,
  response: { 200: Type.Object({ histories: Type.Array(changeSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

const usesSchema = {
  operationId: 'listConfigurationUses',
  summary: 'List to which instances a parameter template was applied, newest first',
  tags,
  params: configurationParams,
  querystring: pageQuery,
  response: {
    200: Type.Object({
      histories: Type.Array(
        Type.Object({
          instance_id: Type.String(),
          instance_name: Type.String(),
          applied_at: Type.String(),
          apply_result: Type.String(),
          failure_reason: Type.String(),
        }),
      ),
      total_count: Type.Integer(),
    }),
    ...ddsErrors,
  },
} as const;

const showSchema = {
  operationId: 'showInstanceParameters',
  summary: 'Show the parameters of an instance',
  tags,
  params: instanceParams,
  querystring: Type.Object({ entity_id: entityId }),
  response: {
    200: Type.Object({
      datastore_version: Type.String(),
      datastore_name: Type.String(),
      node_type: Type.String(),
      created: Type.String(),
      updated: Type.String(),
      parameters: parametersSchema,
    }),
    ...ddsErrors,
  },
} as const;

const setSchema = {
  operationId: 'setInstanceParameters',
  summary: 'Change parameters of an instance',
  tags,
  params: instanceParams,
  body: Type.Object({
    entity_id: ruled('the id of the instance'),
    parameter_values: ruled('an object of names of parameters and their values'),
  }),
  response: { 200: Type.Object({ job_id: Type.String(), restart_required: Type.Boolean() }), ...ddsErrors },
} as const;

const instanceChangesSchema = {
  operationId: 'listInstanceParameterChanges',
  summary: 'List what was changed of the parameters of an instance, newest first',
  tags,
  params: instanceParams,
  querystring: Type.Object({ entity_id: entityId, ...pageFields }),
  response: { 200: Type.Object({ histories: Type.Array(changeSchema), total_count: Type.Integer() }), ...ddsErrors },
} as const;

/** What concerns instances: the parameters of one, and applying a template. */
export const instanceParameters: Operation = (server, { instances: { configurations: templates } }) => {
  const template = '/v3/:project_id/configurations/:config_id';
  const instance = '/v3/:project_id/instances/:instance_id';
  const config = { access: 'project' } as const;
  server.put(`${template}/apply`, { schema: applySchema, config }, async (request) => {
    const { jobId } = await templates.apply(callerOf(request), request.params.config_id, request.body.entity_ids);
    return { job_id: jobId };
  });
  server.get(`${template}/applicable-instances`, { schema: applicableSchema, config }, async (request) => {
    const page = pageOf(request.query);
    const { rows, total } = await templates.applicableInstances(callerOf(request), request.params.config_id, page);
    return { instances: rows.map(({ id, name }) => ({ instance_id: id, instance_name: name })), total_count: total };
  });
  server.get(`${template}/histories`, { schema: changesSchema, config }, async (request) => {
    const page = pageOf(request.query);
    const { rows, total } = await templates.changesOf(callerOf(request), request.params.config_id, page);
    return { histories: rows.map(changeJson), total_count: total };
  });
  server.get(`${template}/applied-histories`, { schema: usesSchema, config }, async (request) => {
    const page = pageOf(request.query);
    const { rows, total } = await templates.usesOf(callerOf(request), request.params.config_id, page);
    const histories = rows.map((use) => ({
      instance_id: use.instanceId,
      instance_name: use.instanceName,
      applied_at: formatOffsetTime(use.applied),
      apply_result: use.failure === null ? 'SUCCESS' : 'FAILED',
      failure_reason: use.failure ?? '',
    }));
    return { histories, total_count: total };
  });
  server.get(`${instance}/configurations`, { schema: showSchema, config }, async (request) => {
    const entity = neededEntity(request.query.entity_id);
    const found = await templates.parametersOf(callerOf(request), request.params.instance_id, entity);
    return {
      datastore_version: found.version,
      datastore_name: 'mongodb',
      node_type: found.nodeType,
      created: formatOffsetTime(found.created),
      updated: formatOffsetTime(found.updated),
      parameters: parametersJson(found.version, found.values, { defaults: false }),
    };
  });
  server.put(`${instance}/configurations`, { schema: setSchema, config }, async (request) => {
    const sent = { entityId: neededEntity(request.body.entity_id), values: request.body.parameter_values };
    const { jobId, restartRequired } = await templates.setParameters(callerOf(request), request.params.instance_id, sent);
    return { job_id: jobId, restart_required: restartRequired };
  });
  server.get(`${instance}/configuration-histories`, { schema: instanceChangesSchema, config }, async (request) => {
    const entity = neededEntity(request.query.entity_id);
    const page = pageOf(request.query);
    const { rows, total } = await templates.changesOfInstance(callerOf(request), request.params.instance_id, entity, page);
    return { histories: rows.map(changeJson), total_count: total };
  });
};

function neededEntity(sent: unknown): string {
  if (typeof sent === 'string' && sent !== '') return sent;
  throw new LarderError('malformed-request', 'entity_id is needed: the id of the instance.');
}
