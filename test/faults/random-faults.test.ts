import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFaultWorld, replayFault, type FaultWorld } from '../fixtures/random-faults.ts';

describe('one fault at a random moment of a backup under writers', () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await openFaultWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  // Two kinds that cost little; more seeds, with the other faults, are run by `npm run soak -- --faults`.
  it.each([
    { seed: 1, fault: 'kill larder' },
    { seed: 6, fault: 'reset' },
  ] as const)(
    'S9, P10: the backup goes on and is the source at its time, byte by byte and with every collection ($fault, seed $seed)',
    async ({ seed, fault }) => {
      try {
        const verdict = await world.run(seed);
        expect(verdict).toMatchObject({ fault, status: 'Completed', reason: null });
        expect(verdict.compared).toBeGreaterThan(0);
      } catch (error) {
        throw new Error(`replay with: ${replayFault(seed)}`, { cause: error });
      }
    },
  );
});
