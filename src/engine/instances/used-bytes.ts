import type { EngineDeps } from '../engine-deps.ts';
import type { Instance } from '../use-cases.ts';

/** Instances.usedBytes. */
export async function usedBytes(
  { provider }: Pick<EngineDeps, 'provider'>,
  instances: readonly Instance[],
): Promise<ReadonlyMap<string, number>> {
  const here = instances.filter(({ own }) => own?.servers.place === provider.place);
  return new Map(await Promise.all(here.map(async ({ id }) => [id, await provider.usedBytes(id)] as const)));
}
