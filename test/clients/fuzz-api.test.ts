import { expect, it } from 'vitest';
import { fuzzApi } from './fuzz-api.ts';

it('A1: whatever Schemathesis makes of the description of DDS is answered as described', async () => {
  const { code, output, requests, statuses, codes } = await fuzzApi({
    examples: 5,
    seed: 1,
    phases: ['coverage'],
    tag: 'dds',
  });
  expect(code, output).toBe(0);
  expect(requests).toBeGreaterThan(500);
  // It went past the front door, and stayed inside.
  expect(statuses['401'] ?? 0).toBeLessThan(requests / 4);
  expect(Object.keys(codes)).toEqual(expect.arrayContaining(['DBS.280001', 'DBS.280277', 'DBS.201214']));
});
