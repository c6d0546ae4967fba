import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { hasEnded, thisProcess } from './process-identity.ts';

describe('the identity of a process', () => {
  test('this one runs; one with its number that began at another time does not', async () => {
    const own = await thisProcess();
    expect(own).toMatchObject({ pid: process.pid });
    expect(await hasEnded(own!)).toBe(false);
    expect(await hasEnded({ ...own!, began: '1' })).toBe(true);
  });

  test('one that was killed has ended; of one on another machine nobody knows', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const kernel = `${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()} ${await readlink('/proc/self/ns/pid')}`;
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    const identity = { kernel, pid: child.pid!, began: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! };
    expect(await hasEnded(identity)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await hasEnded(identity)).toBe(true);
    expect(await hasEnded({ ...identity, kernel: 'another run of a kernel' })).toBe(false);
  });
});
