import { describe, expect, test } from 'vitest';
import { backup, instance, projectId, useAnsweringServer } from '../../test/fixtures/answering-server.ts';

const { asked, routes, run } = useAnsweringServer();

describe('restore', () => {
  const original = ['restore', '--backup', 'nightly', '--to', 'original'];
  const recovery = () => asked.filter(({ path }) => path === `/v3/${projectId}/instances/recovery`);

  test('where nobody can be asked it needs --yes, and nothing is sent without', async () => {
    const { code, stderr } = await run(original);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(recovery()).toEqual([]);
  });

  test.each(['\n', 'n\n', 'yeah\n', ''])('at a terminal the answer %j changes nothing', async (input) => {
    expect((await run(original, { terminal: true, input })).code).toBe(1);
    expect(recovery()).toEqual([]);
  });

  test('after a yes, or with --yes, it is the DDS request', async () => {
    expect((await run(original, { terminal: true, input: 'y\n' })).code).toBe(0);
    expect((await run([...original, '--yes', '--wait'])).code).toBe(0);
    const body = {
      source: { instance_id: instance.id, type: 'backup', backup_id: backup.id },
      target: { instance_id: instance.id },
    };
    expect(recovery().map((one) => one.body)).toEqual([body, body]);
  });

  test('to another instance: asks only with --overwrite, and a target with data is 4', async () => {
    const other = { ...instance, id: 'other', name: 'copy' };
    routes[`GET /larder/v1/${projectId}/instances`] = () => ({ status: 200, body: { instances: [instance, other] } });
    routes[`POST /larder/v1/${projectId}/restores`] = ({ body }) =>
      (body as { overwrite: boolean }).overwrite
        ? { status: 202, body: { job_id: 'job-1' } }
        : { status: 400, body: { error_code: 'DBS.200004', error_msg: 'Operation is illegal.' } };
    const copy = ['restore', '--backup', 'nightly', '--to', 'copy'];
    const refused = await run(copy);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('--overwrite');
    expect((await run([...copy, '--overwrite'])).code).toBe(2);
    expect((await run([...copy, '--overwrite', '--yes'])).code).toBe(0);
    expect(asked.at(-1)?.body).toEqual({ backup_id: backup.id, target_instance_id: 'other', overwrite: true });
  });

  test('R8: of a time names the instance, asks the same question, and takes no backup beside it', async () => {
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    const then = ['restore', '--instance', instance.name, '--at', '1795600800:7', '--to', 'original'];
    const unasked = await run(then);
    expect([unasked.code, recovery()]).toEqual([2, []]);
    expect((await run([...then, '--yes'])).code).toBe(0);
    const body = { instance_id: instance.id, at: '1795600800:7', target_instance_id: instance.id, overwrite: true };
    expect(asked.at(-1)?.body).toEqual(body);
  });

  test('of a part is asked for by name, to the original too, and replaces nothing unless told so', async () => {
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({ status: 202, body: { job_id: 'job-1' } });
    expect((await run([...original, '--db', 'shop', '--rename', 'log.old=log.new', '--users'])).code).toBe(0);
    expect(asked.at(-1)?.body).toEqual({
      backup_id: backup.id,
      target_instance_id: instance.id,
      overwrite: false,
      databases: [{ name: 'shop' }],
      collections: [{ name: 'log.old', new_name: 'log.new' }],
      users: true,
    });
    const { code, stderr } = await run([...original, '--collection', 'shop.orders', '--overwrite']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('replaces what has these names')]);
    expect(recovery()).toEqual([]);
  });

  test('in a drill: of a backup or of an instance, with the questions of a file', async () => {
    routes[`POST /larder/v1/${projectId}/drills`] = () => ({ status: 202, body: { job_id: 'job-1', backup_id: backup.id } });
    expect((await run(['drill', '--instance', 'orders', '--wait'])).code).toBe(0);
    expect(asked.find(({ path }) => path.endsWith('/drills'))?.body).toEqual({ instance_id: instance.id });
    expect((await run(['drill'])).code).toBe(2);
    expect((await run(['drill', '--instance', 'orders', '--backup', 'nightly'])).code).toBe(2);
    expect((await run(['drill', '--backup', 'nightly', '--assert', 'not there.yaml'])).code).toBe(2);
  });

  test('only shown, it says what would come and go', async () => {
    const arrival = { from: 'shop.orders', name: 'copy.orders', kind: 'collection', documents: 1234, bytes: 2048, swapped: true };
    const held = { name: 'copy.orders', documents: 9, bytes: 1024 };
    let replay: object | null = null;
    routes[`POST /larder/v1/${projectId}/restores`] = () => ({
      status: 200,
      body: {
        arrivals: [{ ...arrival, indexes: ['n_1'], overwrites: held }],
        drops: [{ name: 'copy.view', documents: null, bytes: null }],
        users: false,
        documents: 1234,
        bytes: 2048,
        expected: { seconds: 65, bytes_per_second: 1024, basis: 'others', samples: 2 },
        replay,
        notes: ['A note.'],
      },
    });
    const { code, stdout } = await run([...original, '--rename', 'shop=copy', '--overwrite', '--dry-run']);
    expect(code).toBe(0);
    expect(asked.at(-1)?.body).toMatchObject({ dry_run: true, databases: [{ name: 'shop', new_name: 'copy' }] });
    expect(stdout).toBe(
      `WOULD      NAME         FROM         DOCUMENTS     SIZE        LOST  INDEXES\n` +
        `overwrite  copy.orders  shop.orders      1,234  2.0 KiB  9, 1.0 KiB  n_1\n` +
        `drop       copy.view                                           view\n\n` +
        `A note.\n\n1,234 documents, 2.0 KiB; users and roles stay as they are. Nothing was changed.\n\n` +
        `It may take 1 min 05 s, at 1.0 KiB/s: as in 2 restores into others, and drills.\n`,
    );

    replay = { entries: 5678, bytes: 3072, writes: 1200 };
    const then = ['restore', '--instance', instance.name, '--at', '1795600800:7', '--to', 'original', '--dry-run'];
    const planned = (await run(then)).stdout;
    expect(planned).toContain('1,234 documents, at most 2.0 KiB;');
    expect(planned).toContain('That leaves out the replay: 1,200 writes, among 5,678 entries of the archived oplog, 3.0 KiB.');
  });
});
