import { describe, expect, it } from 'vitest';
import { checkInstanceId, idFrom } from './ids.ts';

const hex = '0123456789abcdef0123456789abcdef';

describe('ids', () => {
  it('end with what they belong to', () => {
    expect([idFrom('instance', hex), idFrom('backup', hex), idFrom('node', hex)]).toEqual([
      `${hex}in02`,
      `${hex}br02`,
      `${hex}no02`,
    ]);
  });

  it.each(['', hex.slice(1), hex.toUpperCase(), `${hex}0`])('are not made of %j', (digits) => {
    expect(() => idFrom('backup', digits)).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it.each([`${hex}in02`, `${hex}in01`, hex, `${hex}0123`, '9136fd2a-9fcf-466a-8c4d-6b5e3c0d1f2e'])(
    'of instances look like %s',
    (id) => {
      expect(checkInstanceId(id)).toBe(id);
    },
  );

  it.each(['', 'x', `${hex}br02`, `${hex}in02 `, `${hex}in02\n`, 5, null])('of instances do not look like %j', (id) => {
    expect(() => checkInstanceId(id)).toThrow(expect.objectContaining({ code: 'invalid-instance-id' }));
  });
});
