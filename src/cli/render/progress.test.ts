import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WireProgress } from '../wire.ts';
import { createJsonRenderer } from './json.ts';
import { createPlainRenderer, progressLine } from './plain.ts';
import { createTtyRenderer, progressBarLine } from './tty.ts';

const half: WireProgress = {
  phase: 'scan',
  share: null,
  documents_done: 83_812,
  documents_total: 135_233,
  bytes_done: 22_439_526,
  bytes_total: 44_879_052,
  bytes_per_second: 12_582_912,
  seconds_left: 3.2,
  lag_seconds: null,
  oplog_window_seconds: null,
};
const unknown: WireProgress = {
  ...half,
  phase: 'catch up',
  documents_total: null,
  bytes_total: null,
  bytes_per_second: 0,
  seconds_left: null,
};

function recorder(extra: { columns?: number; time?: () => number } = {}) {
  const written = { stdout: '', stderr: '' };
  const io = {
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text), columns: extra.columns },
    clock: { now: () => new Date(extra.time?.() ?? 0) },
  };
  return { written, io };
}

describe('the bar of a terminal', () => {
  test.each([
    [120, 'scan  [###############...............]   50%  83,812/135,233 docs  21.4 MiB  12.0 MiB/s  3.2 s left'],
    [80, 'scan  [#####.....]   50%  83,812/135,233 docs  21.4 MiB  12.0 MiB/s  3.2 s left'],
    [70, 'scan  [######......]   50%  83,812/135,233 docs  21.4 MiB  3.2 s left'],
    [60, 'scan  [######......]   50%  83,812/135,233 docs  3.2 s left'],
    [40, 'scan   50%  83,812/135,233 docs'],
    [20, 'scan   50%'],
  ])('%d columns', (columns, line) => expect(progressBarLine(half, columns)).toBe(line));

  test('the share that a job tells of itself counts', () => {
    expect(progressBarLine({ ...half, share: 0.75 }, 20)).toBe('scan   75%');
  });

  test('a line says how far the oplog is ahead, where that matters', () => {
    expect(progressLine({ ...half, lag_seconds: 9 })).not.toContain('behind');
    expect(progressLine({ ...half, lag_seconds: 75 })).toMatch(/, 1 min 15 s of oplog behind$/);
    expect(progressLine({ ...half, lag_seconds: 75, oplog_window_seconds: 7200 })).toMatch(
      /, 1 min 15 s of oplog behind \(the source keeps 2 h 00 min\)$/,
    );
  });

  test('without a total there is neither bar nor percentage', () => {
    expect(progressBarLine(unknown, 120)).toBe('catch up  83,812 docs  21.4 MiB');
  });

  test('it never reaches the last column, whatever the numbers', () => {
    const count = fc.nat({ max: 2 ** 50 });
    const maybe = fc.option(count);
    const progress = fc.record({
      phase: fc.string({ maxLength: 60 }),
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      lag_seconds: maybe,
      oplog_window_seconds: maybe,
      documents_done: count,
      documents_total: maybe,
      bytes_done: count,
      bytes_total: maybe,
      bytes_per_second: count,
      seconds_left: maybe,
    });
    fc.assert(
      fc.property(progress, fc.integer({ min: 20, max: 300 }), (any, columns) => {
        expect(progressBarLine(any, columns).length).toBeLessThan(columns);
      }),
    );
  });

  test('it is drawn over itself, not drawn again unchanged, and gone before the result', () => {
    const { io, written } = recorder({ columns: 40 });
    const renderer = createTtyRenderer(io);
    renderer.progress(half);
    renderer.progress(half);
    renderer.progress(unknown);
    renderer.progressEnd();
    renderer.result({}, 'done');
    const line = '\r\u001b[2K';
    expect(written.stderr).toBe(`${line}scan   50%  83,812/135,233 docs${line}catch up  83,812 docs  21.4 MiB${line}`);
    expect(written.stdout).toBe('done\n');
  });
});

describe('plain lines', () => {
  test('one line says it all', () => {
    expect(progressLine(half)).toBe('scan: 83,812 of 135,233 documents, 21.4 MiB of 42.8 MiB, 12.0 MiB/s, 3.2 s left');
    expect(progressLine(unknown)).toBe('catch up: 83,812 documents, 21.4 MiB');
  });

  test('a line at each new phase, then one every five seconds', () => {
    let now = 0;
    const { io, written } = recorder({ time: () => now });
    const renderer = createPlainRenderer(io);
    for (const [at, progress] of [
      [0, half],
      [200, half],
      [4_999, half],
      [5_000, half],
      [5_100, unknown],
      [6_000, unknown],
    ] as const) {
      now = at;
      renderer.progress(progress);
    }
    expect(written.stderr.split('\n').map((line) => line.split(':', 1)[0])).toEqual(['scan', 'scan', 'catch up', '']);
  });

  test('results go to stdout, notes and errors to stderr', () => {
    const { io, written } = recorder();
    const renderer = createPlainRenderer(io);
    renderer.note('begun');
    renderer.result({ secret: 1 }, 'text');
    renderer.error('code', 'it broke\nbadly');
    expect(written).toEqual({ stdout: 'text\n', stderr: 'begun\nlarder: it broke\\x0abadly\n' });
  });
});

test('JSON: one document on stdout, an error as an object on stderr, and nothing else', () => {
  const { io, written } = recorder();
  const renderer = createJsonRenderer(io);
  renderer.note('begun');
  renderer.progress(half);
  renderer.progressEnd();
  renderer.result({ job_id: 'a' }, 'text');
  renderer.error('DBS.201201', 'The backup already exists.');
  expect(written.stdout).toBe('{\n  "job_id": "a"\n}\n');
  expect(written.stderr).toBe('{"code":"DBS.201201","message":"The backup already exists."}\n');
});
