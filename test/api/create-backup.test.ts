import { describe, expect, it } from 'vitest';
import { LarderError, type ErrorCode } from '../../src/core/errors.ts';
import { startCheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const backups = `/v3/${projectId}/backups`;
const good = { instance_id: instanceId, name: 'backup-1', description: 'before the upgrade' };

describe('creating a backup', () => {
  it('answers 200 with both ids, and hands the fields on as they are', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    expect(answer).toMatchObject({ status: 200, body: { job_id: expect.any(String), backup_id: expect.any(String) } });
    expect(api.calls).toMatchObject([{ request: { instanceId, name: 'backup-1', description: 'before the upgrade' } }]);
  });

  it.each([
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
  ])('takes an %s description for none', async (_what, description) => {
    await using api = await startCheckedApi();
    const { status } = await api.send({ method: 'POST', url: backups, body: { backup: { ...good, description } } });
    expect(status).toBe(200);
    expect(api.calls).toMatchObject([{ request: { description: '' } }]);
  });

  it.each(['abcd', 'A1_-', `x${'y'.repeat(63)}`])('takes the name %s', async (name) => {
    await using api = await startCheckedApi();
    expect(await api.send({ method: 'POST', url: backups, body: { backup: { ...good, name } } })).toMatchObject({ status: 200 });
    expect(api.calls).toMatchObject([{ request: { name } }]);
  });

  it('takes a description of 256 characters, counted as characters', async () => {
    await using api = await startCheckedApi();
    for (const description of ['x'.repeat(256), '😀'.repeat(256), 'Zeile 1\nZeile 2; 100 % + ü']) {
      const body = { backup: { ...good, name: `name-${api.calls.length}`, description } };
      expect(await api.send({ method: 'POST', url: backups, body })).toMatchObject({ status: 200 });
    }
  });

  it('ignores fields it does not know and a Content-Type that is missing', async () => {
    await using api = await startCheckedApi();
    const body = JSON.stringify({ backup: { ...good, colour: 'red' }, other: 1 });
    const response = await api.server.inject({
      method: 'POST',
      url: `${backups}?foo=bar`,
      headers: { 'x-auth-token': api.token() },
      payload: Buffer.from(body),
    });
    expect(response.statusCode).toBe(200);
    const slash = await api.send({ method: 'POST', url: `${backups}/`, body: { backup: { ...good, name: 'slash' } } });
    expect(slash.status).toBe(200);
  });

  const refusals: [string, unknown, string][] = [
    ['no body', undefined, 'DBS.280001'],
    ['an array', [], 'DBS.280001'],
    ['a text', '"backup"', 'DBS.280001'],
    ['null', 'null', 'DBS.280001'],
    ['half of a JSON', '{"backup":', 'DBS.280001'],
    ['no backup', {}, 'DBS.280001'],
    ['a backup that is a text', { backup: 'x' }, 'DBS.280001'],
    ['no instance_id', { backup: { name: 'abcd' } }, 'DBS.280001'],
    ['no name', { backup: { instance_id: instanceId } }, 'DBS.280001'],
    ['a number for a name', { backup: { ...good, name: 5 } }, 'DBS.280001'],
    ['null for a name', { backup: { ...good, name: null } }, 'DBS.280001'],
    ['an object for an instance', { backup: { ...good, instance_id: {} } }, 'DBS.280001'],
    ['a number for a description', { backup: { ...good, description: 5 } }, 'DBS.280001'],
    ['a malformed instance id', { backup: { ...good, instance_id: 'in 02' } }, 'DBS.280404'],
    ['an empty instance id', { backup: { ...good, instance_id: '' } }, 'DBS.280404'],
    ['an endless instance id', { backup: { ...good, instance_id: 'a'.repeat(65) } }, 'DBS.280404'],
    ['an empty name', { backup: { ...good, name: '' } }, 'DBS.280277'],
    ['a name of 3', { backup: { ...good, name: 'abc' } }, 'DBS.280277'],
    ['a name of 65', { backup: { ...good, name: 'a'.repeat(65) } }, 'DBS.280277'],
    ['a name that starts with a digit', { backup: { ...good, name: '1abc' } }, 'DBS.280277'],
    ['a name with a blank', { backup: { ...good, name: 'ab cd' } }, 'DBS.280277'],
    ['a name with a line feed at its end', { backup: { ...good, name: 'abcd\n' } }, 'DBS.280277'],
    ['a name with an umlaut', { backup: { ...good, name: 'bäckup' } }, 'DBS.280277'],
    ['a description of 257', { backup: { ...good, description: 'x'.repeat(257) } }, 'DBS.280127'],
    ...[...`>!<"&'=\r\u0000`].map((character): [string, unknown, string] => [
      `a description with ${JSON.stringify(character)}`,
      { backup: { ...good, description: `a${character}b` } },
      'DBS.280127',
    ]),
    [
      'half of a surrogate pair',
      `{"backup":{"instance_id":"${instanceId}","name":"abcd","description":"\\ud800"}}`,
      'DBS.280127',
    ],
    ['form before instance id', { backup: { instance_id: '', name: 5 } }, 'DBS.280001'],
    ['instance id before name', { backup: { instance_id: '', name: '', description: '<' } }, 'DBS.280404'],
    ['name before description', { backup: { ...good, name: '', description: '<' } }, 'DBS.280277'],
    ['JSON nested too deep', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, 'DBS.280001'],
    ['brackets without end', '['.repeat(500_000), 'DBS.280001'],
  ];

  it.each(refusals)('refuses %s', async (_what, body, code) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: backups, body });
    expect(answer).toMatchObject({ status: 400, body: { error_code: code } });
    expect(api.calls).toEqual([]);
  });

  it('says what is wrong and what would be right, and starts with the documented text', async () => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: backups, body: { backup: { ...good, name: '1' } } });
    expect(answer.body).toMatchObject({
      error_msg: expect.stringMatching(/^Invalid backup name\. backup\.name must be 4 to 64 characters/),
    });
  });

  it('refuses brackets only where they nest, not inside of texts', async () => {
    await using api = await startCheckedApi();
    const body = { backup: { ...good, description: `${'['.repeat(100)}\\` } };
    expect(await api.send({ method: 'POST', url: backups, body })).toMatchObject({ status: 200 });
  });

  it('refuses a body that is not UTF-8', async () => {
    await using api = await startCheckedApi();
    const payload = Buffer.concat([Buffer.from('{"backup":{"name":"'), Buffer.from([0xff]), Buffer.from('"}}')]);
    const headers = { 'x-auth-token': api.token(), 'content-type': 'application/json' };
    const response = await api.server.inject({ method: 'POST', url: backups, headers, payload });
    expect([response.statusCode, response.json().error_code]).toEqual([400, 'DBS.280001']);
  });

  const failures: [ErrorCode, number, string][] = [
    ['instance-not-found', 404, 'DBS.200002'],
    ['backup-name-taken', 400, 'DBS.201201'],
    ['instance-busy', 403, 'DBS.201014'],
    ['instance-not-ready', 403, 'DBS.200018'],
    ['invalid-backup-name', 400, 'DBS.280277'],
    ['store-unavailable', 500, 'DBS.201509'],
    ['internal', 500, 'DBS.280005'],
  ];

  it.each(failures)('answers %s with %i %s', async (code, status, ddsCode) => {
    await using api = await startCheckedApi();
    api.failNext('createBackup', new LarderError(code, 'The reason.'));
    const answer = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    expect(answer).toMatchObject({ status, body: { error_code: ddsCode } });
  });

  it('answers an error that nobody foresaw without its message', async () => {
    await using api = await startCheckedApi();
    api.failNext('createBackup', new TypeError('mongodb://user:secret@host'));
    const answer = await api.send({ method: 'POST', url: backups, body: { backup: good } });
    expect(answer).toMatchObject({
      status: 500,
      body: { error_code: 'DBS.280005', error_msg: 'Server error. Try again later.' },
    });
  });

  it.each([
    ['text/xml'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['nonsense'],
    ['application/jsonx'],
  ])('refuses the content type %s with 415', async (type) => {
    await using api = await startCheckedApi();
    const answer = await api.send({ method: 'POST', url: backups, body: { backup: good }, headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 415, body: { error_code: 'DBS.200001' } });
  });

  it.each([['application/json; charset=utf-8'], ['Application/JSON'], ['application/json;charset=utf8']])(
    'takes the content type %s',
    async (type) => {
      await using api = await startCheckedApi();
      const answer = await api.send({ method: 'POST', url: backups, body: { backup: good }, headers: { 'content-type': type } });
      expect(answer.status).toBe(200);
    },
  );

  it('refuses a compressed body and one that is too large', async () => {
    await using api = await startCheckedApi({ bodyLimit: 1000 });
    const zipped = await api.send({
      method: 'POST',
      url: backups,
      body: { backup: good },
      headers: { 'content-encoding': 'gzip' },
    });
    expect(zipped).toMatchObject({ status: 415, body: { error_code: 'DBS.200001' } });
    const large = await api.send({ method: 'POST', url: backups, body: { backup: { ...good, description: 'x'.repeat(1000) } } });
    expect(large).toMatchObject({ status: 413, body: { error_code: 'DBS.200001' } });
    expect(api.calls).toEqual([]);
  });
});
