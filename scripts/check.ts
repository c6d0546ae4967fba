/** `npm run check`: types, lint and layers, format, dead code, names. One line for each with its time; ends with 1 where one fails. */
import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

interface Step {
  readonly name: string;
  /** Script that Node runs, and its arguments. */
  readonly script: readonly string[];
}

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

const steps: readonly Step[] = [
  { name: 'types', script: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'lint and layers', script: ['node_modules/oxlint/bin/oxlint'] },
  { name: 'dead code', script: ['node_modules/knip/bin/knip.js', '--no-progress'] },
  { name: 'format', script: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  { name: 'names and sources', script: ['scripts/check-source.ts'] },
];

const outcomes = await Promise.all(steps.map(runStep));
for (const { ok, output } of outcomes) if (!ok) process.stdout.write(`\n${output.trim()}\n`);
console.log(`check: ${outcomes.every(({ ok }) => ok) ? 'ok' : 'failed'} in ${seconds(performance.now())}`);
process.exit(outcomes.every(({ ok }) => ok) ? 0 : 1);

async function runStep(step: Step): Promise<Outcome> {
  const begin = performance.now();
  const outcome = await run(step);
  console.log(`${outcome.ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds(performance.now() - begin)})`);
  return outcome;
}

function run(step: Step): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, step.script, { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
