import type { WireParameter } from '../templates-api.ts';
import { formatTable } from './format-table.ts';

/** `larder instance parameters` for people. */
export function describeParameters(parameters: readonly WireParameter[]): string {
  const columns = [{ title: 'PARAMETER' }, { title: 'VALUE' }, { title: 'RANGE' }, { title: 'NEEDS A RESTART' }];
  return formatTable(
    columns,
    parameters.map((one) => [one.name, one.value, one.value_range, one.restart_required ? 'yes' : 'no']),
  );
}
