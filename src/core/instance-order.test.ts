import { describe, expect, it } from 'vitest';
import { LarderError } from './errors.ts';
import { memberCount, readInstanceOrder, type OrderRules } from './instance-order.ts';

const uuid = '00000000-0000-4000-8000-000000000000';
const rules: OrderRules = { region: 'eu-de', versions: ['6.0'], source: null };
const flavor = { type: 'replica', num: 1, storage: 'ULTRAHIGH', size: 20, spec_code: 'dds.mongodb.s2.medium.4.repset' };
const single = { ...flavor, type: 'single', spec_code: 'dds.mongodb.s2.medium.4.single' };
const body = {
  name: 'shop-set',
  datastore: { type: 'DDS-Community', version: '6.0', storage_engine: 'rocksDB' },
  region: 'eu-de',
  availability_zone: 'eu-de-01',
  vpc_id: uuid,
  subnet_id: uuid,
  security_group_id: uuid,
  port: '8700',
  password: 'Pass-Word_1',
  mode: 'ReplicaSet',
  flavor: [flavor],
};

function codeOf(change: object, other: Partial<OrderRules> = {}): string {
  try {
    readInstanceOrder({ ...body, ...change }, { ...rules, ...other });
    return 'accepted';
  } catch (error) {
    if (error instanceof LarderError) return error.code;
    throw error;
  }
}

describe('the order of an instance', () => {
  it('is read with what clients send as numbers or as their digits', () => {
    expect(readInstanceOrder(body, rules)).toMatchObject({
      port: 8700,
      tls: true,
      version: '6.0',
      policy: { keepDays: 7, startTime: '00:00-01:00', period: '1,2,3,4,5,6,7' },
      sent: { storageEngine: 'rocksDB', flavor: { num: 1, sizeGb: 20 } },
    });
    const texts = {
      flavor: [{ ...flavor, num: '3', size: '20' }],
      backup_strategy: { keep_days: '0', start_time: '' },
      ssl_option: '0',
    };
    expect(readInstanceOrder({ ...body, ...texts }, rules)).toMatchObject({ tls: false, policy: { keepDays: 0 } });
    expect(codeOf({ port: null, password: '', disk_encryption_id: null, tags: null, enterprise_project_id: '' })).toBe(
      'accepted',
    );
  });

  it.each([
    [{ name: '1abc' }, 'invalid-instance-name'],
    [{ datastore: undefined }, 'no-datastore'],
    [{ datastore: { type: 'Redis', version: '6.0' } }, 'invalid-engine'],
    [{ datastore: { type: 'DDS-Community', version: '4.0' } }, 'invalid-engine-version'],
    [{ datastore: { type: 'DDS-Community', version: '6.0', storage_engine: 'mmap' } }, 'invalid-storage-engine'],
    [{ region: 'eu-nl' }, 'invalid-region'],
    [{ availability_zone: 'a,b' }, 'invalid-zone'],
    [{ vpc_id: 'x' }, 'invalid-vpc'],
    [{ subnet_id: 1 }, 'invalid-subnet'],
    [{ security_group_id: undefined }, 'invalid-security-group'],
    [{ port: '80x' }, 'invalid-port'],
    [{ port: 9501 }, 'port-out-of-range'],
    [{ password: 'short' }, 'invalid-db-password'],
    [{ password: 'Pass Word_1' }, 'password-characters'],
    [{ password: 'password_1' }, 'weak-password'],
    [{ disk_encryption_id: 'key' }, 'invalid-disk-key'],
    [{ mode: 'Sharding' }, 'unsupported-mode'],
    [{ mode: 'Cluster' }, 'invalid-mode'],
    [{ flavor: [] }, 'malformed-request'],
    [{ flavor: [{ ...flavor, type: 'single' }] }, 'invalid-node-type'],
    [{ flavor: [{ ...flavor, num: 2 }] }, 'invalid-node-count'],
    [{ flavor: [{ ...flavor, num: 4 }] }, 'invalid-node-count'],
    [{ flavor: [{ ...flavor, num: 9 }] }, 'invalid-node-count'],
    [{ mode: 'Single', flavor: [{ ...single, num: 3 }] }, 'invalid-node-count'],
    [{ flavor: [{ ...flavor, storage: 'TAPE' }] }, 'invalid-storage'],
    [{ flavor: [{ ...flavor, size: 'x' }] }, 'invalid-volume-size'],
    [{ flavor: [{ ...flavor, size: 2010 }] }, 'volume-out-of-range'],
    [{ flavor: [{ ...flavor, size: 15 }] }, 'volume-not-multiple'],
    [{ flavor: [{ ...flavor, spec_code: 'none' }] }, 'invalid-spec'],
    [{ flavor: [{ ...flavor, spec_code: 'dds.mongodb.s2.medium.4.single' }] }, 'spec-mismatch'],
    [{ backup_strategy: { keep_days: 733 } }, 'invalid-keep-days'],
    [{ backup_strategy: { start_time: '19:10-20:10' } }, 'invalid-backup-start'],
    [{ backup_strategy: { start_time: '19:00-21:00' } }, 'invalid-backup-end'],
    [{ backup_strategy: 7 }, 'malformed-request'],
    [{ enterprise_project_id: 'a b' }, 'invalid-enterprise-project'],
    [{ ssl_option: 'yes' }, 'invalid-ssl-option'],
    [{ tags: Array.from({ length: 21 }, (_, n) => ({ key: `k${n}`, value: '' })) }, 'too-many-tags'],
    [{ tags: [{ key: '' }] }, 'invalid-tag-key'],
    [
      {
        tags: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      'invalid-tag-key',
    ],
    [{ tags: [{ key: 'a', value: 'x'.repeat(44) }] }, 'invalid-tag-value'],
  ])('%j is %s', (change, code) => {
    expect(codeOf(change)).toBe(code);
  });

  const password = (length: number): string => `Aa1_${'x'.repeat(length - 4)}`;
  const sized = (size: unknown): object => ({ flavor: [{ ...flavor, size }] });
  const single1 = (size: number): object => ({ mode: 'Single', flavor: [{ ...single, size }] });
  const tagged = (...keys: string[]): object => ({ tags: keys.map((key) => ({ key, value: 'v'.repeat(43) })) });
  const tags = (count: number): object => tagged(...Array.from({ length: count }, (_, n) => `k${n}`));

  // The limits of section 1.9 of the API, from both sides.
  it.each<[string, readonly object[], readonly (readonly [object, string])[]]>([
    [
      'port',
      [2100, 9500, 27_017, 27_018, 27_019, '2100'].map((port) => ({ port })),
      [2099, 9501, 27_016, 27_020, 0].map((port) => [{ port }, 'port-out-of-range'] as const),
    ],
    [
      'length of a password',
      [8, 32].map((length) => ({ password: password(length) })),
      [7, 33].map((length) => [{ password: password(length) }, 'invalid-db-password'] as const),
    ],
    [
      'character of a password',
      [...'~!@#%^*-_=+?'].map((special) => ({ password: `Passw0rd${special}` })),
      [...'()$&<>"\'`,;: ä'].map((other) => [{ password: `Passw0rd_${other}` }, 'password-characters'] as const),
    ],
    [
      'kind of character in a password',
      [{ password: 'Passw0rd_' }],
      ['passw0rd_', 'PASSW0RD_', 'Password_', 'Passw0rds'].map((text) => [{ password: text }, 'weak-password'] as const),
    ],
    [
      'disk',
      [sized(10), sized(2000), single1(10), single1(1000)],
      [
        [sized(2010), 'volume-out-of-range'],
        [sized(0), 'volume-out-of-range'],
        [single1(1010), 'volume-out-of-range'],
        [sized(11), 'volume-not-multiple'],
      ],
    ],
    [
      'tag',
      [tags(20), tagged('k'.repeat(36)), tagged('@'), tagged('a-B_9'), tagged('\u4e00\u9fff')],
      [
        [tags(21), 'too-many-tags'],
        [tagged('k'.repeat(37)), 'invalid-tag-key'],
        ...['', ' ', 'a.b', '\u4dff', '\ua000', 'ä'].map((key) => [tagged(key), 'invalid-tag-key'] as const),
      ],
    ],
  ])('takes every allowed %s, and the next one beyond is refused', (_, taken, refused) => {
    expect(taken.filter((change) => codeOf(change) !== 'accepted')).toEqual([]);
    for (const [change, code] of refused) expect(codeOf(change), JSON.stringify(change)).toBe(code);
  });

  it.each([
    ['ReplicaSet', 1, 3],
    ['ReplicaSet', '3', 3],
    ['ReplicaSet', 5, 5],
    ['ReplicaSet', '7', 7],
    ['Single', 1, 1],
  ])('of a %s with num %j is for %i servers', (mode, num, servers) => {
    const order = readInstanceOrder({ ...body, mode, flavor: [{ ...(mode === 'Single' ? single : flavor), num }] }, rules);
    expect([order.sent.flavor.num, memberCount(order)]).toEqual([Number(num), servers]);
  });

  it('from a backup takes mode and version of the source, and no less storage', () => {
    const source = { mode: 'ReplicaSet', version: '6.0', volumeGb: 30 };
    expect(codeOf({ datastore: undefined, region: undefined, mode: undefined }, { source })).toBe('volume-too-small');
    expect(codeOf({ mode: 'Single' }, { source: { ...source, volumeGb: 20 } })).toBe('accepted');
    expect(codeOf({}, { source: { ...source, mode: 'Single' } })).toBe('spec-not-sources');
  });
});
