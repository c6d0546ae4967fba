import { Type } from 'typebox';
import { parametersOf, type ParameterValues } from '../../core/server-parameters.ts';
import type { Configuration, ParameterChangeEntry } from '../../engine/configurations/configurations.ts';
import { configurationId, pageFields, projectParams } from '../fields.ts';
import { formatOffsetTime } from '../times.ts';

/** Parameters of a path below one template. */
export const configurationParams = Type.Object({ ...projectParams.properties, config_id: configurationId });

export const pageQuery = Type.Object(pageFields);

const facts = {
  id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  datastore_version: Type.String(),
  datastore_name: Type.String(),
  node_type: Type.String(),
  created: Type.String(),
  updated: Type.String(),
  user_defined: Type.Boolean(),
};

export const configurationSchema = Type.Object(facts);

export const parametersSchema = Type.Array(
  Type.Object({
    name: Type.String(),
    value: Type.String(),
    description: Type.String(),
    type: Type.String(),
    value_range: Type.String(),
    restart_required: Type.Boolean(),
    readonly: Type.Boolean(),
  }),
);

export const configurationDetailsSchema = Type.Object({ ...facts, parameters: parametersSchema });

export function configurationJson(one: Configuration) {
  return {
    id: one.id,
    name: one.name,
    description: one.description,
    datastore_version: one.version,
    datastore_name: 'mongodb',
    node_type: one.nodeType,
    created: formatOffsetTime(one.created),
    updated: formatOffsetTime(one.updated),
    user_defined: one.userDefined,
  };
}

/** All parameters of the version for which there is a value; with `defaults` those that are not set have their default. */
export function parametersJson(version: string, values: ParameterValues, { defaults }: { readonly defaults: boolean }) {
  return parametersOf(version).flatMap((parameter) => {
    const value = values[parameter.name] ?? (defaults ? parameter.default : undefined);
    if (value === undefined) return [];
    return [
      {
        name: parameter.name,
        value,
        description: parameter.description,
        type: parameter.type,
        value_range: parameter.range,
        restart_required: parameter.restartRequired,
        readonly: false,
      },
    ];
  });
}

export const changeSchema = Type.Object({
  parameter_name: Type.String(),
  old_value: Type.String(),
  new_value: Type.String(),
  update_result: Type.String(),
  applied: Type.Boolean(),
  updated_at: Type.String(),
  applied_at: Type.String(),
});

export function changeJson(change: ParameterChangeEntry) {
  return {
    parameter_name: change.parameter,
    old_value: change.before,
    new_value: change.after,
    update_result: 'SUCCESS',
    applied: change.applied !== null,
    updated_at: formatOffsetTime(change.changed),
    applied_at: change.applied === null ? '' : formatOffsetTime(change.applied),
  };
}
