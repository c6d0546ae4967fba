import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock.ts';
import { runQuickstart } from './quickstart/run-quickstart.ts';

const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== '--keep');
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. The only option is --keep, which leaves the servers running.`);
  process.exit(2);
}

const interruption = new AbortController();
const interrupt = (): void => interruption.abort();
process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

const folder = await mkdtemp(join(tmpdir(), 'larder-quickstart-'));
let kept = false;
try {
  kept = await runQuickstart({
    folder,
    keep: options.includes('--keep'),
    env: process.env,
    stdout: process.stdout,
    clock: systemClock,
    signal: interruption.signal,
  });
} catch (error) {
  const interrupted = interruption.signal.aborted;
  console.error(
    interrupted
      ? '\nInterrupted; everything it started is stopped.'
      : `\nquickstart: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exitCode = interrupted ? 130 : 1;
} finally {
  if (!kept) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
}
