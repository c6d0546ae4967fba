import { describe, expect, it } from 'vitest';
import type { AnsweredRequest, Metrics } from '../../src/engine/metrics.ts';
import { startCheckedApi } from './checked-api.ts';
import { projectId } from './fake-stack.ts';

const url = '/larder/v1/metrics';
const token = 'a-token-of-the-metrics';

function source(): { readonly metrics: Metrics; readonly answered: AnsweredRequest[] } {
  const answered: AnsweredRequest[] = [];
  const metrics: Metrics = {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    text: async () => 'larder_instances 3\n',
    answered: (request) => void answered.push(request),
    scheduled: () => undefined,
    counting: (runTask) => runTask,
  };
  return { metrics, answered };
}

describe('metrics', () => {
  it('are for this machine only unless there is a token, and for nothing that came through a proxy', async () => {
    await using api = await startCheckedApi({ metrics: { source: source().metrics, token: null } });
    const answer = await api.server.inject({ url, remoteAddress: '127.0.0.1' });
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'larder_instances 3\n',
    ]);
    expect((await api.server.inject({ url, remoteAddress: '::1' })).statusCode).toBe(200);
    const refused = await api.server.inject({ url, remoteAddress: '10.0.0.7' });
    expect([refused.statusCode, refused.json()]).toEqual([403, expect.objectContaining({ error_code: 'DBS.280032' })]);
    for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip']) {
      const headers = { [name]: '127.0.0.1' };
      expect((await api.server.inject({ url, remoteAddress: '127.0.0.1', headers })).statusCode).toBe(403);
    }
  });

  it('need the token where there is one, wherever the request comes from', async () => {
    await using api = await startCheckedApi({ metrics: { source: source().metrics, token } });
    const ask = async (authorization?: string): Promise<number> =>
      (await api.server.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode;
    expect(await ask(`Bearer ${token}`)).toBe(200);
    for (const wrong of [undefined, `Bearer ${token}x`, `Bearer ${token.slice(1)}`, token, 'Bearer ', 'Basic YTpi']) {
      expect(await ask(wrong), wrong).toBe(401);
    }
  });

  it('are not there where nobody keeps them', async () => {
    await using api = await startCheckedApi();
    expect((await api.server.inject({ url })).statusCode).toBe(404);
  });

  it('know answers by the name of the operation, never by the address', async () => {
    const { metrics, answered } = source();
    await using api = await startCheckedApi({ metrics: { source: metrics, token: null } });
    await api.send({ url: `/v3/${projectId}/backups` });
    await api.send({ url: `/v3/${projectId}/no-such-thing/4711` });
    await api.send({ url: `/larder/v1/${projectId}/jobs/unknown` });
    expect(answered).toMatchObject([
      { operation: 'listBackups', method: 'GET', status: 200 },
      { operation: 'none', method: 'GET', status: 404 },
      { operation: expect.stringMatching(/Job$/), method: 'GET', status: 400 },
    ]);
  });
});
