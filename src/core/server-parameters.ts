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
}

const number = (
  name: string,
  value: number,
  [least, most]: readonly [number, number],
  description: string,
  more: { readonly restartRequired?: boolean; readonly option?: string } = {},
): ServerParameter => ({
  name,
  type: 'integer',
  default: String(value),
  range: `${least}-${most}`,
  restartRequired: more.restartRequired ?? false,
  description,
  ...(more.option === undefined ? {} : { option: more.option }),
});

const flag = (name: string, value: boolean, description: string): ServerParameter => ({
  name,
  type: 'boolean',
  default: String(value),
  range: 'true|false',
  restartRequired: false,
  description,
});

const slowThreshold = 'operationProfiling.slowOpThresholdMs';
const mostConnections = 'net.maxIncomingConnections';

/** In their fixed order; the defaults are the server's own. */
export const serverParameters: readonly ServerParameter[] = Object.freeze([
  number('cursorTimeoutMillis', 600_000, [600_000, 1_000_000], 'Milliseconds after which an idle cursor is closed.'),
  number('transactionLifetimeLimitSeconds', 60, [1, 600], 'Seconds after which a transaction is ended.'),
  number(
    'maxTransactionLockRequestTimeoutMillis',
    5,
    [0, 3_600_000],
    'Milliseconds that a transaction waits for a lock before it is ended.',
  ),
  number('minSnapshotHistoryWindowInSeconds', 300, [5, 3600], 'Seconds of history that snapshot reads can reach back.'),
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

/** What starts a server with these values. */
export function startArguments(values: Readonly<Record<string, string>>): string[] {
  return serverParameters.flatMap(({ name, option }) => {
    const value = values[name];
    if (value === undefined) return [];
    return option === undefined ? ['--setParameter', `${name}=${value}`] : [option, value];
  });
}
