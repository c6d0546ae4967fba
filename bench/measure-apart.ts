import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from '../scripts/node-options.mjs';
import type { MeasuredWork, Taken, WorkName } from './measured-work.ts';

/**
 * Measures a piece of work in a process of its own, started as `npm start` starts Larder: whoever measures has a heap of its own, in
 * which the same work takes longer. Starting, loading modules and preparing are not measured. Fails with what the process said.
 */
export async function measureApart<Name extends WorkName>(
  name: Name,
  of: MeasuredWork[Name]['of'],
): Promise<Taken<MeasuredWork[Name]['result']>> {
  const main = fileURLToPath(new URL('./measure-work.ts', import.meta.url));
  const child = spawn(process.execPath, [...nodeFlags, main, name, JSON.stringify(of)], {
    env: { ...nodeEnvironment, ...process.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const output = await text(child.stdout);
  const [code] = await exited;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return JSON.parse(output) as Taken<MeasuredWork[Name]['result']>;
}
