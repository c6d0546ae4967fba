import { Type } from 'typebox';
import { mostConfigurations } from '../../core/configuration-rules.ts';
import type { Operation } from '../context.ts';
import { configurationId, ddsErrors, pageOf, projectParams, text } from '../fields.ts';
import { callerOf } from '../principal.ts';
import {
  configurationDetailsSchema,
  configurationJson,
  configurationParams,
  configurationSchema,
  pageQuery,
  parametersJson,
} from './configuration-json.ts';
import { emptyAnswer, ruled } from './instance-call.ts';

const tags = ['dds'];
const values = ruled('an object of names of parameters and their values');

const listSchema = {
  operationId: 'listConfigurations',
  summary: 'List parameter templates, those with the defaults first',
  tags,
  params: projectParams,
  querystring: pageQuery,
  response: {
    200: Type.Object({ total_count: Type.Integer(), quota: Type.Integer(), configurations: Type.Array(configurationSchema) }),
    ...ddsErrors,
  },
} as const;

const showSchema = {
  operationId: 'showConfiguration',
  summary: 'Show a parameter template with all its parameters',
  tags,
  params: configurationParams,
  response: { 200: configurationDetailsSchema, ...ddsErrors },
} as const;

const createSchema = {
  operationId: 'createConfiguration',
  summary: 'Make a parameter template, of values or of the parameters of an instance',
  tags,
  params: projectParams,
  body: Type.Object({
    name: ruled('1 to 64 letters, digits, hyphens, underscores or full stops'),
    description: ruled('at most 256 characters'),
    parameter_values: values,
    datastore: Type.Optional(
      Type.Object(
        { node_type: ruled('replica or single'), version: ruled('a version like 6.0') },
        { additionalProperties: true },
      ),
    ),
    entity_id: ruled('the id of an instance whose parameters it gets, instead of datastore'),
  }),
  response: { 200: Type.Object({ configuration: configurationSchema }), ...ddsErrors },
} as const;

const named = Type.Object({
  name: ruled('1 to 64 letters, digits, hyphens, underscores or full stops'),
  description: ruled('at most 256 characters'),
});

const copySchema = {
  operationId: 'copyConfiguration',
  summary: 'Copy a parameter template',
  tags,
  params: configurationParams,
  body: named,
  response: { 200: Type.Object({ configuration_id: Type.String() }), ...ddsErrors },
} as const;

const updateSchema = {
  operationId: 'updateConfiguration',
  summary: 'Change a parameter template; instances that have it stay as they are',
  tags,
  params: configurationParams,
  body: Type.Object({ ...named.properties, parameter_values: values }),
  response: emptyAnswer,
} as const;

const resetSchema = {
  operationId: 'resetConfiguration',
  summary: 'Give a parameter template the defaults',
  tags,
  params: configurationParams,
  response: emptyAnswer,
} as const;

const deleteSchema = {
  operationId: 'deleteConfiguration',
  summary: 'Delete a parameter template; instances that have it stay as they are',
  tags,
  params: configurationParams,
  response: emptyAnswer,
} as const;

const compareSchema = {
  operationId: 'compareConfigurations',
  summary: 'Compare two parameter templates for the same servers',
  tags,
  params: projectParams,
  body: Type.Object({ source_configuration_id: configurationId, target_configuration_id: configurationId }),
  response: {
    200: Type.Object({
      differences: Type.Array(
        Type.Object({ parameter_name: Type.String(), source_value: Type.String(), target_value: Type.String() }),
      ),
    }),
    ...ddsErrors,
  },
} as const;

const nameSchema = {
  operationId: 'validateConfigurationName',
  summary: 'Tell whether a parameter template has a name',
  tags,
  params: projectParams,
  querystring: Type.Object({ name: text }),
  response: { 200: Type.Object({ is_existed: Type.Boolean() }), ...ddsErrors },
} as const;

/** `/v3/{project_id}/configurations` and what is below it, but for what concerns instances. */
export const configurations: Operation = (server, { instances: { configurations: templates } }) => {
  const url = '/v3/:project_id/configurations';
  const one = `${url}/:config_id`;
  const config = { access: 'project' } as const;
  server.get(url, { schema: listSchema, config }, async (request) => {
    const { rows, total } = await templates.list(callerOf(request), pageOf(request.query));
    return { total_count: total, quota: mostConfigurations, configurations: rows.map(configurationJson) };
  });
  server.get(`${url}/name-validation`, { schema: nameSchema, config }, async (request) => ({
    is_existed: await templates.nameIsTaken(callerOf(request), request.query.name),
  }));
  server.get(one, { schema: showSchema, config }, async (request) => {
    const found = await templates.show(callerOf(request), request.params.config_id);
    return { ...configurationJson(found), parameters: parametersJson(found.version, found.values, { defaults: true }) };
  });
  server.post(url, { schema: createSchema, config }, async (request) => {
    const { name, description, parameter_values: sent, datastore, entity_id: entityId } = request.body;
    const { node_type: nodeType, version } = datastore ?? {};
    const draft = { name, description, nodeType, version, values: sent, entityId };
    return { configuration: configurationJson(await templates.create(callerOf(request), draft)) };
  });
  server.post(`${url}/comparison`, { schema: compareSchema, config }, async (request) => {
    const { source_configuration_id: source, target_configuration_id: target } = request.body;
    const differences = await templates.compare(callerOf(request), source, target);
    return {
      differences: differences.map((one) => ({
        parameter_name: one.parameter,
        source_value: one.source,
        target_value: one.target,
      })),
    };
  });
  server.post(`${one}/copy`, { schema: copySchema, config }, async (request) => {
    const { name, description } = request.body;
    const { id } = await templates.copy(callerOf(request), request.params.config_id, { name, description });
    return { configuration_id: id };
  });
  server.put(one, { schema: updateSchema, config }, async (request) => {
    const { name, description, parameter_values: sent } = request.body;
    await templates.update(callerOf(request), request.params.config_id, { name, description, values: sent });
    return {};
  });
  server.post(`${one}/reset`, { schema: resetSchema, config }, async (request) => {
    await templates.reset(callerOf(request), request.params.config_id);
    return {};
  });
  server.delete(one, { schema: deleteSchema, config }, async (request) => {
    await templates.remove(callerOf(request), request.params.config_id);
    return {};
  });
};
