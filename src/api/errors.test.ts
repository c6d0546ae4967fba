import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorKinds, LarderError, type ErrorCode } from '../core/errors.ts';
import { ddsErrorBody, documentedErrors, identityErrorBody, refusalOf } from './errors.ts';

const fixture = new URL('../../test/fixtures/documented-errors.json', import.meta.url);
const documented = JSON.parse(readFileSync(fixture, 'utf8')) as Record<string, { status: number; text: string }>;
const codes = Object.keys(errorKinds) as ErrorCode[];

/** HTTP has a better status for these than the 400 of the generic code they use. */
const ownStatus: readonly ErrorCode[] = [
  'request-too-large',
  'user-not-found',
  'access-key-not-found',
  'role-not-found',
  'token-not-found',
  'name-taken',
  'project-not-empty',
  'identity-unavailable',
  'still-reading',
];

describe.each(codes)('%s', (code) => {
  it('has a documented code with its documented status and text', () => {
    const { code: ddsCode, status, text } = documentedErrors[code];
    const fact = documented[ddsCode];
    expect(fact).toBeDefined();
    if (!ownStatus.includes(code)) expect(status).toBe(fact?.status);
    expect(text.startsWith(fact?.text.replace(/ ?\{0\}.*$/, '') ?? '?')).toBe(true);
  });

  it('becomes a body in both forms', () => {
    const refused = refusalOf(new LarderError(code, 'What was wrong.'));
    const dds = ddsErrorBody(refused, 'f'.repeat(32));
    expect(dds['error_code']).toMatch(/^(DBS\.\d{6}|APIGW\.\d{4})$/);
    expect(dds['error_msg']?.startsWith(documentedErrors[code].text)).toBe(true);
    const { error } = identityErrorBody(refused);
    expect(error.code).toBeGreaterThanOrEqual(400);
    expect(error.title).not.toBe('Error');
    expect(error.message).not.toBe('');
  });
});

describe('what is not foreseen', () => {
  it.each([new Error('secret detail'), new TypeError('x'), 'text', null, undefined, { code: 'FST_ERR_UNKNOWN' }])(
    '%s is a server error that says nothing of itself',
    (thrown) => {
      expect(refusalOf(thrown)).toMatchObject({
        status: 500,
        code: 'DBS.280005',
        message: 'Server error. Try again later.',
        isFault: true,
      });
    },
  );

  it('a bug and a wrong password do not tell either', () => {
    expect(refusalOf(new LarderError('internal', 'secret')).message).not.toContain('secret');
    expect(refusalOf(new LarderError('wrong-credentials', 'no such user')).identity.message).toBe(
      'The username or password is wrong.',
    );
  });
});
