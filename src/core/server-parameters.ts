import { LarderError } from './errors.ts';
import { isObject } from './instance-rules.ts';

/** The parameters of a server that templates hold, under the names that the real service and MongoDB give them. */
export interface ServerParameter {
  readonly name: string;
  readonly type: 'integer' | 'boolean';
  readonly default: string;
  /** `0-5`, or `true|false`. */
  readonly range: string;
  /** A changed value needs a restart of the server. */
  readonly restartRequired: boolean;
  readonly description: string;
  /** How it is given at the start: a server parameter unless this names the option. */
  readonly option?: string;
  /** The first major version that has it; all have it where this is absent. */
  readonly since?: number;
}

/** Values by name of parameter, as templates hold them. */
export type ParameterValues = Readonly<Record<string, string>>;

const number = (
  name: string,
  value: number,
  [least, most]: readonly [number, number],
  description: string,
  more: { readonly restartRequired?: boolean; readonly option?: string; readonly since?: number } = {},
): ServerParameter => ({
  name,
  type: 'integer',
  default: String(value),
  range: `${least}-${most}`,
  restartRequired: more.restartRequired ?? false,
  description,
  ...(more.option === undefined ? {} : { option: more.option }),
  ...(more.since === undefined ? {} : { since: more.since }),
});

const flag = (name: string, value: boolean, description: string): ServerParameter => ({
  name,
  type: 'boolean',
  default: String(value),
  range: 'true|false',
  restartRequired: false,
  description,
});

export const slowThreshold = 'operationProfiling.slowOpThresholdMs';
export const mostConnections = 'net.maxIncomingConnections';

/** In their fixed order; the defaults are the server's own. */
const serverParameters: readonly ServerParameter[] = Object.freeze([
  number('cursorTimeoutMillis', 600_000, [600_000, 1_000_000], 'Milliseconds after which an idle cursor is closed.'),
  number('transactionLifetimeLimitSeconds', 60, [1, 600], 'Seconds after which a transaction is ended.'),
  number(
    'maxTransactionLockRequestTimeoutMillis',
    5,
    [0, 3_600_000],
    'Milliseconds that a transaction waits for a lock before it is ended.',
  ),
  number('minSnapshotHistoryWindowInSeconds', 300, [5, 3600], 'Seconds of history that snapshot reads can reach back.', {
    since: 5,
  }),
  number(
    'maxIndexBuildMemoryUsageMegabytes',
    200,
    [50, 10_240],
    'Megabytes of memory that index builds of one command may use together.',
  ),
  number('logLevel', 0, [0, 5], 'How much the server writes to its log.'),
  flag('notablescan', false, 'Queries that would scan a whole collection are refused.'),
  flag('ttlMonitorEnabled', true, 'Documents that a TTL index calls expired are deleted.'),
  number(slowThreshold, 100, [10, 10_000], 'Milliseconds from which an operation counts as slow.', { option: '--slowms' }),
  number(mostConnections, 65_536, [50, 65_536], 'Connections that one server takes.', {
    option: '--maxConns',
    restartRequired: true,
  }),
]);

/** Those that a server of the version (`6.0`) has. */
export function parametersOf(version: string): readonly ServerParameter[] {
  return serverParameters.filter(({ since = 0 }) => Number.parseFloat(version) >= since);
}

/**
 * Reads values that somebody sent by name: texts, numbers or true and false, each of a parameter of the version and within its range.
 * Absent and null are none. `invalid-parameter` names the first that is wrong.
 */
export function checkParameterValues(sent: unknown, version: string): ParameterValues {
  if (sent === undefined || sent === null) return {};
  if (!isObject(sent)) throw new LarderError('invalid-parameter', 'The values must be an object of names and values.');
  const known = new Map(parametersOf(version).map((parameter) => [parameter.name, parameter]));
  const checked = Object.entries(sent).map(([name, value]) => {
    const parameter = known.get(name);
    if (parameter === undefined) throw new LarderError('invalid-parameter', unknownName(name, [...known.keys()], version));
    return [name, checkValue(parameter, value)] as const;
  });
  return Object.fromEntries(checked);
}

function unknownName(name: string, names: readonly string[], version: string): string {
  return `There is no parameter ${JSON.stringify(name.slice(0, 64))} in version ${version}; there are ${names.join(', ')}.`;
}

function checkValue({ name, type, range }: ServerParameter, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  const [least, most] = range.split('-').map(Number) as [number, number];
  const fits =
    typeof text === 'string' &&
    (type === 'boolean'
      ? range.split('|').includes(text)
      : /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most);
  if (!fits) throw new LarderError('invalid-parameter', `${name} must be ${range.replace('|', ' or ').replace('-', ' to ')}.`);
  return type === 'boolean' ? text : String(Number(text));
}

/** All parameters of the version with their values: those that are set, and the defaults of the others. */
export function effectiveValues(set: ParameterValues, version: string): ParameterValues {
  return Object.fromEntries(parametersOf(version).map(({ name, default: value }) => [name, set[name] ?? value]));
}

/** One parameter whose value differs. */
export interface ParameterChange {
  readonly parameter: ServerParameter;
  readonly before: string;
  readonly after: string;
}

/** What differs between two sets of values of one version, defaults counted. */
export function parameterChanges(before: ParameterValues, after: ParameterValues, version: string): readonly ParameterChange[] {
  return parametersOf(version).flatMap((parameter) => {
    const { name, default: fallback } = parameter;
    const change = { parameter, before: before[name] ?? fallback, after: after[name] ?? fallback };
    return change.before === change.after ? [] : [change];
  });
}

/** What starts a server with these values. */
export function startArguments(values: ParameterValues): string[] {
  return serverParameters.flatMap(({ name, option }) => {
    const value = values[name];
    if (value === undefined) return [];
    return option === undefined ? ['--setParameter', `${name}=${value}`] : [option, value];
  });
}
