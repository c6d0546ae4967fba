/** House rules that no linter knows: names of files and folders, and the ways to the clock and the environment that lint overlooks. */
import { glob, readFile } from 'node:fs/promises';
import { findSourceProblems } from './find-source-problems.ts';

const problems: string[] = [];
for await (const path of glob('{src,scripts,test,bench,bin}/**/*.{ts,mjs}', { exclude: ['**/node_modules/**'] })) {
  problems.push(...findSourceProblems(path, await readFile(path, 'utf8')));
}
for (const problem of problems.toSorted()) console.log(problem);
process.exit(problems.length === 0 ? 0 : 1);
