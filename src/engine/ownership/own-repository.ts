import { LarderError } from '../../core/errors.ts';
import { thisProcess } from '../../lib/process-identity.ts';
import { systemTimers, type Timers } from '../../lib/timers.ts';
import type { EngineDeps } from '../engine-deps.ts';
import type { OwnerRecord } from '../records.ts';
import type { RunTask } from '../tasks.ts';
import { catalogIdOf } from './catalog-id.ts';
import { claimRepository } from './claim-repository.ts';
import { giveSigns, signInterval } from './give-signs.ts';
import { readableRecords } from './readable-records.ts';

/** Four signs of life that did not come. */
const silence = 60_000;

export interface OwnOptions {
  readonly signal: AbortSignal;
  /** Also where another catalog owns the repository and this one is not empty. */
  readonly takeOver?: boolean;
  readonly timers?: Timers;
  /** How often signs of life are given and looked for, and after which silence nobody lives; milliseconds. */
  readonly pace?: { readonly interval: number; readonly silence: number };
}

/** The repository belongs to the catalog, and others are shown that a server runs on it, until disposed. It goes on belonging to it then. */
export interface OwnedRepository extends AsyncDisposable {
  /** Whom it was taken from just now; null where nobody else had it. */
  readonly from: OwnerRecord | null;
  /** Resolves, with what there is to say about it, once another Larder has the repository: this one must stop. */
  readonly lost: Promise<LarderError>;
  /** Runs tasks as `run` does, once it has looked that the repository still is this catalog's; else `repository-owned`. */
  guarding(run: RunTask): RunTask;
}

type OwnDeps = Pick<EngineDeps, 'catalog' | 'repository' | 'clock' | 'log'>;

/**
 * Makes the repository this catalog's, see `claimRepository`, and keeps looking whether it is. Where a copy of an embedded catalog runs, the server that
 * started later loses. Servers that share a PostgreSQL own the repository together. `repository-owned`, `object-corrupt`, `cancelled`; errors of the store and the catalog pass through.
 */
export async function ownRepository(deps: OwnDeps, options: OwnOptions): Promise<OwnedRepository> {
  const { catalog, repository } = deps;
  const { timers = systemTimers, pace = { interval: signInterval, silence } } = options;
  const catalogId = await catalogIdOf(catalog);
  const { promise: lost, resolve: lose } = Promise.withResolvers<LarderError>();
  let claimed = false;

  const trouble = async (): Promise<LarderError | null> => {
    const owners = await readableRecords(repository, 'owner');
    const mine = owners.records.some(({ id, record }) => id === catalogId && record.held);
    if (!mine && owners.damage !== null) throw owners.damage;
    if (!mine) return takenOver(owners.records[0]?.record.host ?? null);
    if (catalog.kind === 'server') return null;
    const { records } = await readableRecords(repository, 'sign-of-life');
    const twin = records.find(
      ({ id, record }) =>
        id !== signs.run &&
        record.catalogId === catalogId &&
        // Any order that both see alike will do; clocks that differ a little harm nobody.
        `${record.started} ${id}` < `${signs.started} ${signs.run}`,
    );
    return twin === undefined ? null : copyRuns(twin.record.host);
  };
  const look = async (): Promise<void> => {
    const found = claimed ? await trouble() : null;
    if (found !== null) lose(found);
  };

  const signs = await giveSigns(deps, {
    catalogId,
    process: await thisProcess(),
    timers,
    interval: pace.interval,
    given: look,
  });
  let from: OwnerRecord | null;
  try {
    from = await claimRepository(deps, {
      catalogId,
      timers,
      ...pace,
      takeOver: options.takeOver ?? false,
      signal: options.signal,
    });
    // What servers left that were killed. Those that run give the next sign soon.
    for (const { id } of (await readableRecords(repository, 'sign-of-life')).records) {
      if (id !== signs.run) await repository.records.delete('sign-of-life', id);
    }
    claimed = true;
  } catch (error) {
    await signs[Symbol.asyncDispose]();
    throw error;
  }
  return {
    from,
    lost,
    guarding: (run) => async (task, context) => {
      const found = await trouble();
      if (found === null) return await run(task, context);
      lose(found);
      throw found;
    },
    [Symbol.asyncDispose]: () => signs[Symbol.asyncDispose](),
  };
}

function takenOver(host: string | null): LarderError {
  const who = host === null ? 'Another Larder' : `Another Larder, on ${host},`;
  return new LarderError(
    'repository-owned',
    `${who} has taken the repository over, so this one stops. To have it back, stop the other one and start this one with an empty catalog, or use \`larder repository take-over\`.`,
  );
}

function copyRuns(host: string): LarderError {
  return new LarderError(
    'repository-owned',
    `Another Larder, on ${host}, runs on a copy of this catalog and on the same repository, and was there first, so this one stops. Give one of them another repository.`,
  );
}
