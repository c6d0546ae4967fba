#!/usr/bin/env -S node --liftoff-only --max-semi-space-size=1
import { enableCompileCache } from 'node:module';
import { nodeEnvironment } from '../scripts/node-options.mjs';
import type { CommandIo } from '../src/cli/command-io.ts';

// For this thread, and for those and the processes that it starts.
process.env['NODE_COMPILE_CACHE'] ??= nodeEnvironment.NODE_COMPILE_CACHE;
enableCompileCache(process.env['NODE_COMPILE_CACHE']);
// Only what is loaded from here on is kept.
const { runCli } = await import('../src/cli/run-cli.ts');
const { systemClock } = await import('../src/lib/clock.ts');
const { larderVersion } = await import('../src/version.ts');

const interruption = new AbortController();
const interrupt = (): void => {
  // The second signal ends at once, whatever hangs.
  if (interruption.signal.aborted) process.exit(130);
  interruption.abort();
};

const io: CommandIo = {
  env: process.env,
  folder: process.cwd(),
  // Only looked at where a command reads it: opening a terminal or a pipe has side effects.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  version: larderVersion(),
  signal: interruption.signal,
  repository: {
    check: async (request) => (await import('../src/local-repository.ts')).localRepository.check(request),
    prune: async (request) => (await import('../src/local-repository.ts')).localRepository.prune(request),
    exportBackup: async (request) => (await import('../src/local-repository.ts')).localRepository.exportBackup(request),
    changeKey: async (request) => (await import('../src/local-repository.ts')).localRepository.changeKey(request),
    recover: async (options) => (await import('../src/local-repository.ts')).localRepository.recover(options),
    takeOver: async (options) => (await import('../src/local-repository.ts')).localRepository.takeOver(options),
  },
  serve: async (options) => {
    // The server ends on signals in its own order.
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    const { serve } = await import('../src/main.ts');
    await serve(options);
  },
};

process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
// A reader that went away (`larder backup list | head -1`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await runCli(process.argv.slice(2), io);
process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
