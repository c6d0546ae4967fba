import { expect, it } from 'vitest';
import { password, type OwnInstances } from '../../fixtures/own-instances.ts';

/** What servers are really set to. The tests before made the instances. */
export function parametersAreSet(own: OwnInstances): void {
  const { p, call, status, listed, completed, members, connectTo, parametersOf } = own;

  it('are given parameters while they run, those that need a restart with the next, and a whole template', async () => {
    const template = await call<{ configuration: { id: string } }>('POST', '/configurations', {
      name: 'for-sets',
      datastore: { node_type: 'replica', version: '6.0' },
      parameter_values: { 'operationProfiling.slowOpThresholdMs': 300, notablescan: true },
    });
    const { id } = template.configuration;
    const applied = await call('PUT', `/configurations/${id}/apply`, { entity_ids: [own.set] });
    expect(await listed(own.set)).toMatchObject({ actions: ['APPLY_CONFIGURATION'] });
    expect(await completed(applied)).toMatchObject({ name: 'ApplyConfiguration' });
    for (const { host, port } of await members(own.set)) {
      await using member = await connectTo(`${host}:${port}`);
      expect(await parametersOf(member)).toMatchObject({ slow: 300, scanRefused: true, connections: null });
    }
    const changed = await call<{ job_id: string; restart_required: boolean }>('PUT', `/instances/${own.set}/configurations`, {
      entity_id: own.set,
      parameter_values: { notablescan: 'false', 'net.maxIncomingConnections': '300' },
    });
    expect(changed.restart_required).toBe(true);
    await completed(changed);
    const { histories } = await call<{ histories: { parameter_name: string; applied: boolean }[] }>(
      'GET',
      `/instances/${own.set}/configuration-histories?entity_id=${own.set}`,
    );
    expect(histories.map(({ parameter_name: name, applied: now }) => [name, now])).toEqual([
      ['net.maxIncomingConnections', false],
      ['notablescan', true],
      ['notablescan', true],
      ['operationProfiling.slowOpThresholdMs', true],
    ]);
    const { parameters } = await call<{ parameters: { name: string; value: string }[] }>(
      'GET',
      `/instances/${own.set}/configurations?entity_id=${own.set}`,
    );
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toMatchObject({
      'net.maxIncomingConnections': '300',
      notablescan: 'false',
      'operationProfiling.slowOpThresholdMs': '300',
    });
    const uses = await call<{ histories: object[] }>('GET', `/configurations/${id}/applied-histories`);
    expect(uses.histories).toMatchObject([{ instance_id: own.set, apply_result: 'SUCCESS', failure_reason: '' }]);
  });

  it('that run elsewhere are given what can be set while they run, and nothing else', async () => {
    const { port } = (await listed(own.single))!;
    const { id: adopted } = await own.larder.call<{ id: string }>('POST', `/larder/v1/${own.larder.projectId}/instances/adopt`, {
      name: 'adopted-single',
      uri: `mongodb://rwuser:${encodeURIComponent(password)}@127.0.0.1:${port}/?directConnection=true`,
    });
    const values = (parameters: object) => ({ entity_id: adopted, parameter_values: parameters });
    const url = `/instances/${adopted}/configurations`;
    expect(await status('PUT', url, values({ 'net.maxIncomingConnections': 300 }))).toEqual({ status: 400, code: 'DBS.200004' });
    const given = await call<{ job_id: string; restart_required: boolean }>('PUT', url, values({ logLevel: 1 }));
    expect(given.restart_required).toBe(false);
    await completed(given);
    const { parameters } = await call<{ parameters: { name: string; value: string }[] }>('GET', `${url}?entity_id=${adopted}`);
    expect(Object.fromEntries(parameters.map(({ name, value }) => [name, value]))).toMatchObject({
      logLevel: '1',
      'net.maxIncomingConnections': '200',
      transactionLifetimeLimitSeconds: '30',
    });
    await completed(await call('PUT', url, values({ logLevel: 0 })));
    expect((await own.larder.send('DELETE', p(`/instances/${adopted}`))).status).toBe(202);
  });
}
