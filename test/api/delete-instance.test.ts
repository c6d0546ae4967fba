import { expect, it } from 'vitest';
import { LarderError } from '../../src/core/errors.ts';
import { startCheckedApi } from './checked-api.ts';
import { instanceId, projectId } from './fake-stack.ts';

const base = `/v3/${projectId}/instances`;

it('A6: deleting an instance answers 202 with a job, 404 for an unknown one, 403 with a code that is retried for a busy one', async () => {
  await using api = await startCheckedApi();
  expect(await api.send({ method: 'DELETE', url: `${base}/${instanceId}` })).toMatchObject({
    status: 202,
    body: { job_id: expect.any(String) },
  });
  expect(await api.send({ method: 'DELETE', url: `${base}/${'0'.repeat(32)}in02` })).toMatchObject({
    status: 404,
    body: { error_code: 'DBS.200002' },
  });
  expect(await api.send({ method: 'DELETE', url: `${base}/a.b` })).toMatchObject({
    status: 400,
    body: { error_code: 'DBS.280404' },
  });
  api.failNext('deleteInstance', new LarderError('instance-busy', 'A backup is made.'));
  expect(await api.send({ method: 'DELETE', url: `${base}/${instanceId}` })).toMatchObject({
    status: 403,
    body: { error_code: 'DBS.201014' },
  });
});
