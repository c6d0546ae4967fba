import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPermissionPolicy, rolesPermit, type PermissionPolicy, type RoleRights } from './permission-policy.ts';

type Statement = readonly ['Allow' | 'Deny', ...string[]];

const policy = (...statements: readonly Statement[]): PermissionPolicy => ({
  Version: '1.1',
  Statement: statements.map(([Effect, ...Action]) => ({ Effect, Action })),
});
const custom = (...statements: readonly Statement[]): RoleRights => ({ name: 'own', policy: policy(...statements) });
const builtIn = (name: string): RoleRights => ({ name, policy: null });

describe('what roles permit', () => {
  it.each([
    ['admin', 'iam:users:create', true],
    ['admin', 'dds:backup:delete', true],
    ['operator', 'dds:instance:createManualBackup', true],
    ['operator', 'dds:backup:refreshInstanceFromBackup', true],
    ['operator', 'dds:backup:delete', false],
    ['operator', 'dds:instance:deleteInstance', false],
    ['operator', 'iam:users:list', false],
    ['operator', 'larder:audit:list', false],
    ['reader', 'dds:backup:list', true],
    ['reader', 'dds:instance:list', true],
    ['reader', 'dds:backup:download', false],
    ['reader', 'dds:instance:createManualBackup', false],
    ['unheard-of', 'dds:backup:list', false],
    ['constructor', 'dds:backup:list', false],
  ])('%s, %s: %s', (name, action, permitted) => {
    expect(rolesPermit([builtIn(name)], action)).toBe(permitted);
  });

  it('takes any role for what needs no right of its own, and at least one', () => {
    expect(rolesPermit([custom(['Deny', '*'])], null)).toBe(true);
    expect(rolesPermit([], null)).toBe(false);
  });

  it('adds up roles; a Deny of a policy beats them all, what a built-in role leaves out does not', () => {
    expect(rolesPermit([builtIn('reader'), builtIn('operator')], 'dds:instance:reboot')).toBe(true);
    expect(rolesPermit([builtIn('operator'), builtIn('admin')], 'dds:backup:delete')).toBe(true);
    expect(rolesPermit([builtIn('admin'), custom(['Deny', 'dds:backup:delete'])], 'dds:backup:delete')).toBe(false);
    expect(rolesPermit([custom(['Allow', 'dds:*'], ['Deny', 'dds:*:delete*'])], 'dds:instance:deleteInstance')).toBe(false);
  });

  it('takes the newer names of the same rights, to allow and to deny', () => {
    expect(rolesPermit([custom(['Allow', 'dds:backup:create'])], 'dds:instance:createManualBackup')).toBe(true);
    expect(rolesPermit([custom(['Allow', 'dds:instance:restore'])], 'dds:backup:refreshInstanceFromBackup')).toBe(true);
    expect(rolesPermit([builtIn('admin'), custom(['Deny', 'dds:backup:create'])], 'dds:instance:createManualBackup')).toBe(false);
  });

  it('takes either action for an instance made from a backup, and only its own for an empty one', () => {
    expect(rolesPermit([custom(['Allow', 'dds:instance:create'])], 'dds:backup:createInstanceFromBackup')).toBe(true);
    expect(rolesPermit([custom(['Allow', 'dds:backup:createInstanceFromBackup'])], 'dds:instance:create')).toBe(false);
    expect(rolesPermit([builtIn('admin'), custom(['Deny', 'dds:instance:create'])], 'dds:backup:createInstanceFromBackup')).toBe(
      false,
    );
  });

  it('matches a pattern as a regular expression made of it would', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, word, (wanted, action) => {
        const expected = new RegExp(`^${wanted.replaceAll('*', '.*')}$`).test(action);
        expect(rolesPermit([custom(['Allow', wanted])], action)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a policy', () => {
  it('is taken without what is not known', () => {
    expect(checkPermissionPolicy({ ...policy(['Allow', 'dds:*:list', '*']), Depends: [] })).toEqual(
      policy(['Allow', 'dds:*:list', '*']),
    );
  });

  it.each([
    null,
    [],
    'text',
    {},
    { Version: '1.0', Statement: [{ Effect: 'Allow', Action: ['*'] }] },
    { Version: '1.1', Statement: [] },
    { Version: '1.1', Statement: [null] },
    { Version: '1.1', Statement: [{ Effect: 'allow', Action: ['*'] }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: '*' }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: [] }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['dds'] }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['dds:backup list'] }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: [7] }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['*'], Condition: {} }] },
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['x'] }] },
    { Version: '1.1', Statement: Array.from({ length: 51 }, () => ({ Effect: 'Allow', Action: ['*'] })) },
  ])('%j is refused', (value) => {
    expect(() => checkPermissionPolicy(value)).toThrow(expect.objectContaining({ code: 'invalid-permission-policy' }));
  });
});
