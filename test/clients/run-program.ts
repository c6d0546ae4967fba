import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end, at most `limitMs` (eight minutes unless given), and gives its exit code (-1 if it was ended) and all that it wrote. */
export async function runProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  { limitMs = 480_000, cwd }: { readonly limitMs?: number; readonly cwd?: string } = {},
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(program, args, {
    // What Python would compile beside its scripts is no part of the project.
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, output };
}
