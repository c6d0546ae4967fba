import type { ApiAnswer } from '../fixtures/api-world.ts';

/** How the values are sent. */
export interface ValueCalls {
  /** Takes a backup to its end, so that the next call finds the instance idle. */
  backUpToTheEnd(fields: object): Promise<ApiAnswer>;
  adopt(name: unknown): Promise<ApiAnswer>;
  setPolicy(policy: object): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer>;
}

/** A value of a documented kind: how it is sent, values that are taken, and those that are refused with the code. */
export interface ValueRule {
  readonly of: string;
  readonly send: (calls: ValueCalls, value: unknown) => Promise<ApiAnswer>;
  readonly taken: readonly unknown[];
  readonly refused: readonly (readonly [value: unknown, code: string])[];
}

const names = {
  taken: ['abcd', 'A--_', `z${'9'.repeat(63)}`, 'CASE', 'case'],
  refused: ['', 'abc', `z${'9'.repeat(64)}`, '1abc', '_abc', 'a bc', 'abc.', 'abc/', 'äbcd', 'abcd\n'],
};
let serial = 0;

export const valueRules: readonly ValueRule[] = [
  {
    of: 'the name of a backup',
    send: (calls, name) => calls.backUpToTheEnd({ name }),
    taken: names.taken,
    refused: [...names.refused.map((name) => [name, 'DBS.280277'] as const), ['CASE', 'DBS.201201'], [7, 'DBS.280001']],
  },
  {
    of: 'the description of a backup',
    send: (calls, description) => calls.backUpToTheEnd({ name: `described-${serial++}`, description }),
    taken: ['x'.repeat(256), 'ä\n#;$%()*+,-./:?@[]^_`{|}~', '', null, undefined],
    refused: [...['x'.repeat(257), ...[...`>!<"&'=\r`].map((one) => `a${one}b`)].map((text) => [text, 'DBS.280127'] as const)],
  },
  {
    of: 'the name of an instance',
    send: (calls, name) => calls.adopt(name),
    taken: [...names.taken, 'abcd'],
    refused: names.refused.map((name) => [name, 'DBS.280234'] as const),
  },
  {
    of: 'the days that backups are kept',
    send: (calls, days) => calls.setPolicy({ keep_days: days, period: '1,2,3,4,5,6,7' }),
    taken: [1, '1', 6, 7, '732', 732, 0, '0'],
    refused: [-1, 733, '733', 1.5, '1.5', '07 ', 'seven'].map((days) => [days, 'DBS.280214'] as const),
  },
  {
    of: 'the days of the week',
    send: (calls, period) => calls.setPolicy({ period }),
    taken: ['1', '7', '1,2,4,5,6', '7,6,5,4,3,2,1'],
    refused: ['0', '8', '1,', ',1', '1, 2', '1,1', '12', 'mo'].map((period) => [period, 'DBS.280215'] as const),
  },
  {
    of: 'the days of the week where backups are kept for less than one',
    send: (calls, period) => calls.setPolicy({ keep_days: 6, period }),
    taken: ['1,2,3,4,5,6,7', '7,6,5,4,3,2,1'],
    refused: [['1,2,3,4,5,6', 'DBS.280215']],
  },
  {
    of: 'the backup window',
    send: (calls, window) => calls.setPolicy({ start_time: window }),
    taken: ['00:00-01:00', '08:15-09:15', '12:30-13:30', '22:45-23:45', '23:00-00:00', '23:45-00:45'],
    refused: [
      ...['19:01-20:01', '24:00-01:00', '9:00-10:00', '19:60-20:60', 'x', ''].map((text) => [text, 'DBS.280216'] as const),
      ...['19:00-21:00', '19:00-19:00', '19:00-20:15', '23:00-24:00', '19:00-18:00'].map((text) => [text, 'DBS.280416'] as const),
    ],
  },
  {
    of: 'the number of rows to skip',
    send: (calls, offset) => calls.get(`/backups?offset=${String(offset)}`),
    taken: [0, 1, 2_147_483_647, ''],
    refused: ['-1', '1.5', 'x', '2147483648'].map((offset) => [offset, 'DBS.280440'] as const),
  },
  {
    of: 'the number of rows',
    send: (calls, limit) => calls.get(`/backups?limit=${String(limit)}`),
    taken: [1, 100, ''],
    refused: ['0', '101', '-1', 'x', '1e1'].map((limit) => [limit, 'DBS.280439'] as const),
  },
  {
    of: 'the mode of an instance',
    send: (calls, mode) => calls.get(`/instances?mode=${String(mode)}`),
    taken: ['Sharding', 'ReplicaSet', 'Single'],
    refused: ['single', 'Replica', 'Cluster'].map((mode) => [mode, 'DBS.280342'] as const),
  },
  {
    of: 'a period of begin times',
    send: (calls, time) => calls.get(`/backups?begin_time=${String(time)}&end_time=${String(time)}`),
    taken: [
      '2018-08-06+12:41:14',
      '2018-08-06%2012:41:14',
      '2018-08-06T12:41:14Z',
      '2018-08-06T12:41:14%2B0200',
      '2018-08-06T12:41:14+0200',
    ],
    refused: ['2018-08-06', '2018-13-06+12:41:14', '2018-08-06+24:41:14', 'x'].map((time) => [time, 'DBS.280409'] as const),
  },
];
