import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ThreadInput } from '../../test/fixtures/thread-tasks.ts';
import { packError, unpackError, withoutCredentials } from './thread-messages.ts';
import { LarderError } from '../core/errors.ts';
import { createThreadRunner, type ThreadRun } from './thread-runner.ts';

const workerUrl = new URL('../../test/fixtures/thread-tasks.ts', import.meta.url);
const runThread = createThreadRunner({ workerUrl, stopLimitMs: 100, resourceLimits: { maxOldGenerationSizeMb: 32 } });
const run = (input: ThreadInput, signal = new AbortController().signal, report: (progress: unknown) => void = () => undefined) =>
  runThread(input, { signal, report });

describe('createThreadRunner', () => {
  it('gives the result of the thread', async () => {
    const value = { text: 'ä', nested: [1, new Date(0), null] };
    expect(await run({ kind: 'echo', value })).toEqual(value);
  });

  it('hands buffers over as buffers', async () => {
    expect(await run({ kind: 'is-buffer', unlock: { key: Buffer.from('beef', 'hex') } })).toBe('beef');
  });

  it('passes on the newest progress, not all of it', async () => {
    const reports: unknown[] = [];
    await run({ kind: 'report', times: 10_000 }, undefined, (progress) => reports.push(progress));
    expect(reports.at(-1)).toBe(10_000);
    expect(reports.length).toBeLessThan(10);
  });

  it('throws what the thread threw', async () => {
    const refusal = await run({ kind: 'refuse' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LarderError);
    expect(refusal).toMatchObject({
      code: 'object-corrupt',
      kind: 'corrupt',
      message: 'a byte is wrong',
      retryable: true,
      details: { object: 'pack', offset: 7 },
    });
    expect((refusal as { cause: Error }).cause.stack).toContain('thread-tasks');
    expect((refusal as { cause: Error }).cause.stack).not.toContain('hunter2');
  });

  it('calls an error that is none of ours internal and does not repeat its text', async () => {
    await expect(run({ kind: 'crash' })).rejects.toMatchObject({
      code: 'internal',
      message: 'An unexpected TypeError ended the task.',
    });
  });

  it('says what is known of a thread that died', async () => {
    await expect(run({ kind: 'exit' })).rejects.toMatchObject({
      code: 'internal',
      retryable: true,
      message: expect.stringContaining('code 3') as string,
    });
    await expect(run({ kind: 'fill-memory' })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('memory') as string,
    });
    const nowhere = createThreadRunner({ workerUrl: new URL('nowhere.ts', workerUrl) });
    await expect(nowhere({}, { signal: new AbortController().signal, report: () => undefined })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it.each([['until-stopped'], ['deaf']] as const)('ends a thread that is told to stop (%s)', async (kind) => {
    const stop = new AbortController();
    const running = run({ kind }, stop.signal, () => stop.abort(new Error('enough')));
    await expect(running).rejects.toMatchObject({ code: 'cancelled', retryable: true });
  });

  it('starts nothing after the end', async () => {
    await expect(run({ kind: 'echo', value: 1 }, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a thread that is kept', () => {
  const never = new AbortController().signal;
  const keeping = (keepMs: number) => {
    const runKept = createThreadRunner({ workerUrl, stopLimitMs: 100, keepMs });
    return (input: ThreadInput, { signal = never, keepThread = true, report = () => undefined }: Partial<ThreadRun> = {}) =>
      runKept(input, { signal, report, keepThread });
  };
  const idOf = { kind: 'thread-id' } as const;

  it('does the next task too, and tells of that alone', async () => {
    const runKept = keeping(60_000);
    const first = await runKept(idOf);
    const reports: unknown[] = [];
    await runKept({ kind: 'report', times: 10_000 });
    await runKept({ kind: 'report', times: 3 }, { report: (progress) => reports.push(progress) });
    expect(reports).toEqual([1, 3]);
    expect(await runKept(idOf)).toBe(first);
  });

  it('does one at a time, and is ended by a task that wants one of its own', async () => {
    const runKept = keeping(60_000);
    const [first, second] = await Promise.all([runKept(idOf), runKept(idOf)]);
    expect(first).not.toBe(second);
    const third = await runKept(idOf);
    expect([first, second]).toContain(third);
    expect(await runKept(idOf, { keepThread: false })).not.toBe(third);
    expect(await runKept(idOf)).not.toBe(third);
  });

  it('is not kept after a failure, nor after it was told to stop', async () => {
    const runKept = keeping(60_000);
    const first = await runKept(idOf);
    await expect(runKept({ kind: 'refuse' })).rejects.toMatchObject({ code: 'object-corrupt' });
    const second = await runKept(idOf);
    expect(second).not.toBe(first);
    for (const kind of ['until-stopped', 'deaf'] as const) {
      const stop = new AbortController();
      const running = runKept({ kind }, { signal: stop.signal, report: () => stop.abort(new Error('enough')) });
      await expect(running).rejects.toMatchObject({ code: 'cancelled' });
      expect(await runKept(idOf)).not.toBe(second);
    }
  });

  it('is kept only for so long, and no longer than it lives', async () => {
    const runKept = keeping(50);
    const first = await runKept(idOf);
    await setTimeout(100);
    expect(await runKept(idOf)).not.toBe(first);
    const runLong = keeping(60_000);
    const second = await runLong(idOf);
    await runLong({ kind: 'die-later' });
    await setTimeout(100);
    expect(await runLong(idOf)).not.toBe(second);
  });
});

describe('errors between threads', () => {
  it('masks credentials in any address, and leaves paths alone', () => {
    expect(withoutCredentials('a mongodb://me:pw@h:1/x?y=1 and s3://k:s@b')).toBe('a mongodb://***@h:1/x?y=1 and s3://***@b');
    expect(withoutCredentials('at file:///a/node_modules/@scope/b.js:1:2')).toBe('at file:///a/node_modules/@scope/b.js:1:2');
  });

  it('does not let a code in that does not exist', () => {
    const packed = { ...packError(new LarderError('cancelled', 'x')), code: 'made-up' as 'cancelled' };
    expect(unpackError(packed).code).toBe('internal');
  });

  it('takes anything that can be thrown', () => {
    for (const thrown of [undefined, null, 'text', 5, Object.create(null)]) expect(packError(thrown).code).toBe('internal');
  });
});
