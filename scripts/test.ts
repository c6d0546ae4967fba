/**
 * `npm test [FILE…]`: runs the tests and ends with the line `N passed, N failed`, counted over test cases. A skipped test, a
 * test file that does not load, an error outside every test, or nothing run at all is a failure.
 */
import { performance } from 'node:perf_hooks';
import { startVitest, type TestModule } from 'vitest/node';

const filters = process.argv.slice(2);
const vitest = await startVitest('test', filters, { watch: false, run: true });
const modules = vitest.state.getTestModules();
const outside = vitest.state.getUnhandledErrors().length;
await vitest.close();

let passed = 0;
const complaints: string[] = [];
for (const module of modules) {
  const cases = [...module.children.allTests()];
  passed += cases.filter((test) => test.result().state === 'passed').length;
  complaints.push(...complaintsAbout(module));
}
for (let index = 0; index < outside; index += 1) complaints.push('an error outside every test');
if (passed + complaints.length === 0) complaints.push('no test was run');

if (complaints.length > 0) console.log(['', 'Failed:', ...complaints.map((complaint) => `  ${complaint}`)].join('\n'));
console.log(`after ${Math.round(performance.now() / 1000)} s`);
console.log(`${passed} passed, ${complaints.length} failed`);
process.exit(complaints.length === 0 ? 0 : 1);

function complaintsAbout(module: TestModule): string[] {
  const name = module.relativeModuleId;
  const cases = [...module.children.allTests()];
  const notPassed = cases.filter((test) => test.result().state !== 'passed');
  const lines = notPassed.map((test) => `${name} > ${test.fullName}${test.result().state === 'failed' ? '' : ' (was not run)'}`);
  if (module.errors().length > 0) lines.push(`${name} (did not load)`);
  else if (cases.length === 0) lines.push(`${name} (holds no test)`);
  for (const suite of module.children.allSuites())
    if (suite.errors().length > 0) lines.push(`${name} > ${suite.fullName} (a hook failed)`);
  return lines;
}
