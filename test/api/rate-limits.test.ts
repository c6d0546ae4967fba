import { describe, expect, it } from 'vitest';
import { startCheckedApi } from './checked-api.ts';
import { projectId } from './fake-stack.ts';

const url = `/v3/${projectId}/flavors`;

describe('rate limits', () => {
  it('are off unless set', async () => {
    await using api = await startCheckedApi();
    const token = api.token();
    for (let n = 0; n < 300; n++) expect((await api.send({ url, token })).status).toBe(200);
  });

  it('refuse an address that asks too fast with 429 and the seconds to wait, before its token is looked at', async () => {
    await using api = await startCheckedApi({ rateLimits: { perAddress: 3, perUser: null } });
    for (const token of [api.token(), 'wrong', null]) await api.send({ url, token });
    const refused = await api.send({ url });
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'DBS.280443' }, headers: { 'retry-after': '20' } });
    expect(String((refused.body as { error_msg: string }).error_msg)).toContain('Try again in 20 s.');
    expect(await api.send({ url: '/v3/auth/tokens', method: 'POST', body: {} })).toMatchObject({
      status: 429,
      body: { error: { code: 429, title: 'Too Many Requests' } },
    });
    api.moveTo(new Date('2026-11-23T09:38:31Z'));
    expect((await api.send({ url, token: api.token() })).status).toBe(200);
  });

  it('count each address alone, and a network of version 6 as one', async () => {
    await using api = await startCheckedApi({ rateLimits: { perAddress: 1, perUser: null } });
    const from = async (remoteAddress: string) =>
      (await api.server.inject({ url, remoteAddress, headers: { 'x-auth-token': api.token() } })).statusCode;
    expect(await from('10.0.0.1')).toBe(200);
    expect(await from('10.0.0.2')).toBe(200);
    expect(await from('10.0.0.1')).toBe(429);
    expect(await from('2001:db8::1')).toBe(200);
    expect(await from('2001:db8:0:0:9::7')).toBe(429);
    expect(await from('2001:db8:0:1::1')).toBe(200);
    expect(await from('::ffff:10.0.0.1')).toBe(429);
  });

  it('refuse a user who asks too fast, whatever the address; others go on', async () => {
    await using api = await startCheckedApi({ rateLimits: { perAddress: null, perUser: 2 } });
    const token = api.token();
    const statuses = [];
    for (const remoteAddress of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      statuses.push((await api.server.inject({ url, remoteAddress, headers: { 'x-auth-token': token } })).statusCode);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect((await api.send({ url: '/larder/v1/health', token: null })).status).toBe(200);
  });
});
