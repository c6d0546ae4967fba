import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take half a minute or more. Begun last, one of them would run alone at the end. */
const longest = [
  'integration/oracle',
  'faults/fail-over',
  'integration/versions',
  'integration/own-instances',
  'integration/capture',
  'integration/point-in-time',
  'faults/member-choice',
  'faults/follow-oplog',
  'faults/random-faults',
  'integration/two-servers',
  'integration/keystone',
  'integration/new-base',
  'clients/fuzz-api',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
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
