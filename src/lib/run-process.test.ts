import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProcess } from './run-process.ts';
import { waitUntil } from './wait-until.ts';

const options = { signal: new AbortController().signal, timeoutMs: 120_000 };
const node = process.execPath;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('runProcess', () => {
  it('resolves with what the program writes', async () => {
    expect(await runProcess(node, ['-p', '6 * 7'], options)).toBe('42\n');
  });

  it('gives it the environment', async () => {
    expect(await runProcess(node, ['-p', 'process.env.WORD'], { ...options, env: { WORD: 'larder' } })).toBe('larder\n');
  });

  it('rejects with the end of what it said', async () => {
    const running = runProcess(node, ['-e', 'console.error("x".repeat(2000) + "the reason"); process.exit(3)'], options);
    await expect(running).rejects.toThrow(/^node failed \(3\): x{500,}the reason$/);
  });

  it('says what is not installed', async () => {
    await expect(runProcess('no-such-program', [], options)).rejects.toThrow('no-such-program is not installed');
  });

  it('kills what takes too long', async () => {
    const running = runProcess(node, ['-e', 'setInterval(() => {}, 1000)'], { ...options, timeoutMs: 200 });
    await expect(running).rejects.toThrow('was stopped after 200 ms');
  });

  it('kills it on cancellation', async () => {
    const controller = new AbortController();
    const folder = await mkdtemp(join(tmpdir(), 'larder-run-'));
    const script = `require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`;
    const running = runProcess(node, ['-e', script], { ...options, signal: controller.signal, cwd: folder });
    running.catch(() => undefined);
    const pid = await waitUntil(async () => Number(await readFile(`${folder}/pid`, 'utf8')) || null, { timeoutMs: 120_000 });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await waitUntil(() => !isAlive(pid), { timeoutMs: 120_000 });
    await rm(folder, { recursive: true });
  });

  it('starts nothing once cancelled', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runProcess('no-such-program', [], { ...options, signal })).rejects.toThrow('enough');
  });
});
