import { describe, expect, test } from 'vitest';
import { backup, details, instance, job, projectId, useAnsweringServer } from '../../test/fixtures/answering-server.ts';

const { asked, routes, run } = useAnsweringServer();

describe('backups', () => {
  const create = ['backup', 'create', '--instance', 'orders', '--name', 'nightly', '--description', 'before'];

  test('create sends exactly the DDS request and does not wait', async () => {
    const { code, stdout } = await run([...create, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ job_id: 'job-1', backup_id: backup.id });
    const sent = asked.find(({ method, path }) => method === 'POST' && path === `/v3/${projectId}/backups`);
    expect(sent?.body).toEqual({ backup: { instance_id: instance.id, name: 'nightly', description: 'before' } });
    expect(sent?.token).toBe('token-1');
    expect(asked.some(({ path }) => path.includes('/jobs/'))).toBe(false);
  });

  test('--wait follows the job and shows the backup', async () => {
    const states = [
      {
        ...job,
        status: 'Running',
        progress: {
          phase: 'scan',
          documents_done: 1,
          documents_total: 2,
          bytes_done: 0,
          bytes_total: null,
          bytes_per_second: 0,
          seconds_left: null,
        },
      },
      job,
    ];
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => ({ status: 200, body: states.shift() ?? job });
    const { code, stdout, stderr } = await run([...create, '--wait']);
    expect(code).toBe(0);
    expect(stderr).toContain('scan: 1 of 2 documents\n');
    expect(stdout).toContain('Consistency     snapshot');
    expect(stdout).toContain('shop.a\\x1b[2J');
    expect(stdout).not.toContain('\u001b');
  });

  test('--wait --json is one document with job and backup', async () => {
    const { stdout, stderr } = await run([...create, '--wait', '--json']);
    expect(JSON.parse(stdout)).toEqual({ job_id: 'job-1', backup_id: backup.id, job, backup: details });
    expect(stderr).toBe('');
  });

  test('a job that Failed is 1, with its reason', async () => {
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => ({
      status: 200,
      body: { ...job, status: 'Failed', fail_reason: 'The disk is full.' },
    });
    const { code, stdout, stderr } = await run([...create, '--wait', '--json']);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toEqual({ code: 'job-failed', message: 'Job job-1 failed: The disk is full.' });
  });

  test('a name that is taken is 4, with the code of the API', async () => {
    routes[`POST /v3/${projectId}/backups`] = () => ({
      status: 400,
      body: { error_code: 'DBS.201201', error_msg: 'The backup already exists.' },
    });
    const { code, stderr } = await run([...create, '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toEqual({ code: 'DBS.201201', message: 'The backup already exists.' });
  });

  test('interrupted while it waits is 130, and says that the job goes on', async () => {
    const interruption = new AbortController();
    routes[`GET /larder/v1/${projectId}/jobs/job-1`] = () => {
      interruption.abort();
      return { status: 200, body: { ...job, status: 'Running' } };
    };
    const { code, stderr } = await run([...create, '--wait'], { signal: interruption.signal });
    expect(code).toBe(130);
    expect(stderr).toContain('larder job wait job-1');
    expect(stderr).toContain('larder job cancel job-1');
  });

  test('rates go to the server as numbers, or not at all', async () => {
    routes[`POST /larder/v1/${projectId}/backups`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run([...create, '--rate', '20.5'])).code).toBe(0);
    expect(asked.at(-1)).toMatchObject({ path: `/larder/v1/${projectId}/backups`, body: { rate_mb_per_s: 20.5 } });
    const path = `/larder/v1/${projectId}/instances/${instance.id}`;
    routes[`PATCH ${path}`] = ({ body }) => ({ status: 200, body: { ...instance, ...(body as object) } });
    expect((await run(['instance', 'set', 'orders', '--rate', '20'])).stdout).toContain('20 MB/s');
    expect((await run(['instance', 'set', 'orders', '--rate', 'none'])).stdout).not.toContain('MB/s');
    expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { rate_mb_per_s: 20 },
      { rate_mb_per_s: null },
    ]);
    const before = asked.length;
    for (const rate of ['0', '-1', 'fast', '1e3', '1000000']) {
      expect(await run([...create, '--rate', rate])).toMatchObject({ code: 2, stderr: expect.stringContaining('is not a rate') });
    }
    expect((await run(['instance', 'set', 'orders'])).code).toBe(2);
    expect(asked.length).toBe(before);
  });

  test('the lock of a single server goes to the server where it is asked for, and else not at all', async () => {
    routes[`POST /larder/v1/${projectId}/backups`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run([...create, '--lock'])).code).toBe(0);
    expect(asked.at(-1)).toMatchObject({ path: `/larder/v1/${projectId}/backups`, body: { lock: true } });
    const path = `/larder/v1/${projectId}/instances/${instance.id}`;
    routes[`PATCH ${path}`] = ({ body }) => ({ status: 200, body: { ...instance, mode: 'Single', ...(body as object) } });
    expect((await run(['instance', 'set', 'orders', '--lock'])).stdout).toMatch(/Locked for backups +yes/);
    expect((await run(['instance', 'set', 'orders', '--no-lock'])).stdout).toMatch(/Locked for backups +no/);
    expect(asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([{ lock: true }, { lock: false }]);
  });

  test('job cancel returns when the job has ended, and says where it was too late', async () => {
    const jobPath = `/larder/v1/${projectId}/jobs/job-1`;
    routes[`POST ${jobPath}/cancel`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    const failed = { ...job, status: 'Failed', fail_reason: 'Cancelled by admin.' };
    routes[`GET ${jobPath}`] = () => ({ status: 200, body: failed });
    const { code, stdout } = await run(['job', 'cancel', 'job-1', '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, failed]);

    routes[`GET ${jobPath}`] = () => ({ status: 200, body: job });
    expect(await run(['job', 'cancel', 'job-1'])).toMatchObject({ code: 4, stderr: expect.stringContaining('completed before') });
    const body = { error_code: 'DBS.200004', error_msg: 'Operation is illegal.' };
    routes[`POST ${jobPath}/cancel`] = () => ({ status: 400, body });
    expect(await run(['job', 'cancel', 'job-1'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('has ended already'),
    });
  });

  test('list reads every page', async () => {
    const all = Array.from({ length: 230 }, (_, number) => ({ ...backup, id: `b${number}`, name: `n${number}` }));
    routes[`GET /larder/v1/${projectId}/backups`] = ({ path }) => {
      const query = new URL(path, 'http://larder').searchParams;
      const offset = Number(query.get('offset'));
      return { status: 200, body: { backups: all.slice(offset, offset + Number(query.get('limit'))), total_count: all.length } };
    };
    expect(JSON.parse((await run(['backup', 'list', '--json'])).stdout)).toEqual({ backups: all });
  });

  test('list for people', async () => {
    expect((await run(['backup', 'list'])).stdout).toBe(
      `NAME     STATUS     INSTANCE  BEGUN                       SIZE  PROVED  ID\n` +
        `nightly  COMPLETED  orders    2026-01-31 12:00:00 UTC  1.5 MiB  -       ${backup.id}\n`,
    );
  });

  test('delete', async () => {
    routes[`DELETE /v3/${projectId}/backups/${backup.id}`] = () => ({ status: 200, body: { job_id: 'job-1' } });
    const { code, stdout } = await run(['backup', 'delete', 'nightly', '--wait', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ backup_id: backup.id, job_id: 'job-1', job });
  });
});
