import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFaultWorld, replayFault, type FaultWorld } from '../fixtures/random-faults.ts';

describe('one fault at a random moment of a backup under writers', () => {
  let world: FaultWorld;
  beforeAll(async () => {
    world = await openFaultWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  // Larder is killed. More seeds, with the other faults, are run by `npm run soak -- --faults`.
  it.each([1])(
    'S9, P10: the backup is the source at its time, byte by byte, or has failed with the cause (seed %i)',
    async (seed) => {
      try {
        const verdict = await world.run(seed);
        if (verdict.status === 'Completed') expect(verdict.compared).toBeGreaterThan(0);
        else expect(verdict.reason).toBeTruthy();
      } catch (error) {
        throw new Error(`replay with: ${replayFault(seed)}`, { cause: error });
      }
    },
  );
});
