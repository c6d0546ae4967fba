import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { documentedErrors } from '../../src/api/errors.ts';

/** Lists instead of memory: what can be answered, what tests make happen, and what people can read of it. */
const root = new URL('../..', import.meta.url).pathname;
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const code = /\b(?:DBS\.\d{6}|APIGW\.\d{4})\b/g;
const codesIn = (text: string): readonly string[] => text.match(code) ?? [];

const sources = globSync('src/api/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'));
const answered = new Set([
  ...Object.values(documentedErrors).map((one) => one.code),
  ...sources.flatMap((path) => codesIn(read(path))),
]);

it('every code that can be answered is made to occur by a test over the real engine', () => {
  const tests = globSync('test/{api,integration,clients,faults}/**/*.{ts,py}', { cwd: root });
  // Those over use cases in memory show the translation only.
  const real = tests.map(read).filter((text) => !text.includes('/fake-stack.ts') && !text.includes('documentedErrors'));
  const occurring = new Set(real.flatMap(codesIn));
  expect(answered.size).toBeGreaterThan(80);
  expect([...answered].filter((one) => !occurring.has(one))).toEqual([]);
});

it('every code that can be answered is in docs/api.md', () => {
  const docs = read('docs/api.md');
  // Several in a row are written as DBS.280404, .280277.
  const short = (one: string): string => one.replace('DBS', '');
  expect([...answered].filter((one) => !docs.includes(one) && !new RegExp(`[ ,]\\${short(one)}\\b`).test(docs))).toEqual([]);
});
