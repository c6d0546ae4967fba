import { describe, expect, it } from 'vitest';
import { consultOracle, replayCommand } from '../fixtures/oracle.ts';
import { replicaSet } from '../fixtures/replica-set.ts';

/** 30 seeds, several at once on one set; more of them are run by `npm run soak`. */
const seeds = 30;
const atOnce = 10;

describe('backups taken while seeded clients write, restored to another set', () => {
  // Two operations an entry: longer transactions become chains of entries (pitfalls E7).
  const source = replicaSet({ extraArguments: ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'] });
  const target = replicaSet({ members: 1 });

  it.each(Array.from({ length: seeds / atOnce }, (_, n) => 1 + n * atOnce))(
    `are the source, byte by byte (${atOnce} seeds from %i on)`,
    async (from) => {
      const batch = Array.from({ length: atOnce }, (_, n) => from + n);
      try {
        const { compared, restored, defined } = await consultOracle({
          source: source().uri,
          target: target().uri,
          seeds: batch,
          backups: 2,
          operations: 20,
        });
        // What no workload drops or renames, and what each of them is given before it begins.
        expect(compared).toBeGreaterThanOrEqual(2 * 2 * atOnce);
        expect(restored).toBeGreaterThanOrEqual(2 * atOnce);
        expect(defined).toBeGreaterThanOrEqual(2 * 2 * atOnce);
      } catch (error) {
        throw new Error(`replay with: ${replayCommand(batch)}`, { cause: error });
      }
    },
  );
});
