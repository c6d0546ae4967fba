import { describe, expect, it } from 'vitest';
import { findSourceProblems } from './find-source-problems.ts';

describe('findSourceProblems', () => {
  it.each([
    ['src/engine/takeBackup.ts', '', 'takeBackup.ts is not kebab-case'],
    ['src/engine/utils/x.ts', '', 'utils says nothing'],
    ['src/lib/helpers.ts', '', 'helpers says nothing'],
    ['src/lib/a.ts', 'const now = new Date();', 'src/lib/a.ts:1: time comes from a Clock'],
    ['src/lib/a.ts', '\nconst now = Date();', 'src/lib/a.ts:2: time comes from a Clock'],
    ['src/lib/a.ts', 'const { X } = process.env;', 'settings are parameters'],
    ['src/lib/a.ts', "const { X } = process['env'];", 'settings are parameters'],
    ['src/lib/a.ts', 'globalThis.console.log(1);', 'nothing ambient'],
    ['src/lib/a.test.ts', "it.skip('x', () => {});", 'every test runs'],
    ['test/a.test.ts', 'await new Promise((resolve) => setTimeout(resolve, 100));', 'do not sleep'],
  ])('complains about %s with %j', (path, source, problem) => {
    expect(findSourceProblems(path, source).join('\n')).toContain(problem);
  });

  it.each([
    ['src/lib/clock.ts', 'new Date()'],
    ['src/lib/a.ts', 'new Date(value); clock.now();'],
    ['src/lib/a.ts', '/** Like new Date() but not\n * process.env */ const a = 1; // new Date()'],
    ['src/main.ts', 'const { env } = process; process.env'],
    ['test/replica-set.test.ts', 'process.env'],
    ['scripts/run.mjs', 'process.env'],
  ])('has nothing against %s with %j', (path, source) => {
    expect(findSourceProblems(path, source)).toEqual([]);
  });
});
