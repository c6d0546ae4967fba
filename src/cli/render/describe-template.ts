import type {
  WireDifference,
  WireParameterChange,
  WireTemplate,
  WireTemplateDetails,
  WireTemplateUse,
} from '../templates-api.ts';
import { describeParameters } from './describe-parameters.ts';
import { formatFields, formatTable } from './format-table.ts';

/** `larder template list` for people. */
export function describeTemplates(templates: readonly WireTemplate[]): string {
  const columns = [{ title: 'NAME' }, { title: 'FOR' }, { title: 'VERSION' }, { title: 'DESCRIPTION' }, { title: 'ID' }];
  return formatTable(
    columns,
    templates.map((one) => [one.name, serversOf(one), one.datastore_version, one.description, one.id]),
  );
}

/** `larder template show` for people. */
export function describeTemplate(template: WireTemplateDetails): string {
  const fields = formatFields([
    ['Name', template.name],
    ['Id', template.id],
    ['Description', template.description === '' ? null : template.description],
    ['For', `${serversOf(template)} ${template.datastore_version}`],
    ['Can be changed', template.user_defined ? null : 'no, it has the defaults'],
  ]);
  return `${fields}\n\n${describeParameters(template.parameters)}`;
}

/** `larder template compare` for people. */
export function describeDifferences(names: readonly [string, string], differences: readonly WireDifference[]): string {
  if (differences.length === 0) return 'They have the same values.';
  const columns = [{ title: 'PARAMETER' }, ...names.map((name) => ({ title: name }))];
  return formatTable(
    columns,
    differences.map((one) => [one.parameter_name, one.source_value, one.target_value]),
  );
}

/** `larder template history` for people; times in UTC. */
export function describeTemplateHistory(changes: readonly WireParameterChange[], uses: readonly WireTemplateUse[]): string {
  const changed =
    changes.length === 0
      ? 'Nothing was changed in it.'
      : formatTable(
          [{ title: 'CHANGED' }, { title: 'PARAMETER' }, { title: 'FROM' }, { title: 'TO' }],
          changes.map((one) => [one.updated_at, one.parameter_name, one.old_value, one.new_value]),
        );
  const applied =
    uses.length === 0
      ? 'It was applied to no instance.'
      : formatTable(
          [{ title: 'APPLIED' }, { title: 'INSTANCE' }, { title: 'RESULT' }, { title: 'REASON' }],
          uses.map((one) => [one.applied_at, one.instance_name, one.apply_result, one.failure_reason]),
        );
  return `${changed}\n\n${applied}`;
}

function serversOf({ node_type: type }: WireTemplate): string {
  return type === 'single' ? 'Single' : 'ReplicaSet';
}
