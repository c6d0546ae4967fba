import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    // Tests start real servers; more than two at a time starve each other on a small machine.
    maxWorkers: 2,
    // The embedded catalog compiles in a fraction of the memory.
    execArgv: ['--liftoff-only'],
    // Longer than anything is awaited within a test: what is missed says what it was (test/fixtures/until.ts).
    testTimeout: 600_000,
    hookTimeout: 600_000,
    allowOnly: false,
  },
});
